package policies

const (
	macAlgorithm  = "kms:MacAlgorithm"
	pseudonymHMAC = "HMAC_SHA_256"
)

// PseudonymKeyPolicy lets the account administer the key that the secrets of pseudonyms come from, and its roles use it
// where their own policies say so. Makers are roles of others that may use it, whatever else their policies say.
func PseudonymKeyPolicy(partition, account string, makers []string) Document {
	root := "arn:" + partition + ":iam::" + account + ":root"
	use := AllowActions("AccountMakesPseudonyms", thisKey, "kms:GenerateMac").
		When("StringEquals", macAlgorithm, pseudonymHMAC)
	statements := []Statement{
		administer("kms:CancelKeyDeletion", "kms:DescribeKey", "kms:DisableKey", "kms:EnableKey", "kms:GetKeyPolicy",
			"kms:ListGrants", "kms:ListKeyPolicies", "kms:ListResourceTags", "kms:PutKeyPolicy", "kms:RevokeGrant",
			"kms:ScheduleKeyDeletion", "kms:TagResource", "kms:UntagResource", "kms:UpdateKeyDescription").By("AWS",
			root),
		use.By("AWS", root).When("StringEquals", "kms:CallerAccount", account),
	}
	if len(makers) > 0 {
		use.Sid = "OthersMakePseudonyms"
		statements = append(statements, use.By("AWS", makers...))
	}
	return Key(statements...)
}

func administer(actions ...string) Statement {
	return AllowActions("AccountAdministersKey", thisKey, actions...)
}

// makePseudonyms lets a role have the secrets of pseudonyms made; none where it makes no pseudonyms.
func makePseudonyms(keyARN string) []Statement {
	if keyARN == "" {
		return nil
	}
	return []Statement{
		AllowActions("MakePseudonyms", []string{keyARN}, "kms:GenerateMac").
			When("StringEquals", macAlgorithm, pseudonymHMAC),
	}
}
