package policies

// GitHub is the issuer of the tokens by which workflows assume roles.
const GitHub = "token.actions.githubusercontent.com"

// PreviewRefs are what the role of a workflow's previews is made of. It is there before there is a stack.
type PreviewRefs struct {
	Partition, Account, Region string
	// Repository is as the subject of its tokens names it: owner/name, or owner@id/name@id where the repository was
	// made or renamed since GitHub puts the ids, which nobody can take over, into it.
	Repository string
	// Environment is the one of GitHub that the workflow's job names: its reviewers let the job run.
	Environment string
	// StateBucketARN is Pulumi's state backend, StateKeyARN the key of its own that encrypts it, or empty.
	StateBucketARN, StateKeyARN string
	// Stack is whose state is read.
	Stack string
}

// TrustWorkflow lets the jobs of one environment of one repository assume a role, and no other: without the subject any
// repository of GitHub could (GitHub, "OpenID Connect reference", the subject of a job that references an environment).
func TrustWorkflow(r PreviewRefs) Document {
	provider := "arn:" + r.Partition + ":iam::" + r.Account + ":oidc-provider/" + GitHub
	return Trust(AllowActions("AssumedByWorkflow", nil, "sts:AssumeRoleWithWebIdentity").By("Federated", provider).
		When("StringEquals", GitHub+":aud", "sts.amazonaws.com").
		When("StringEquals", GitHub+":sub", "repo:"+r.Repository+":environment:"+r.Environment))
}

// Preview are the rights of a preview: it reads the state of its stack and what the program asks of the account, and
// changes nothing. It runs a change that nobody has merged, so it sees no data, and of secrets those in that state.
// Pulumi takes a refusal for an error where it asks for a stack's tags, which most stacks do not have.
func Preview(r PreviewRefs) Document {
	stack := ".pulumi/stacks/dataplatform/" + r.Stack
	statements := []Statement{
		ReadObjects("ReadState", r.StateBucketARN, ".pulumi/meta.yaml", stack+".json", stack+".pulumi-tags"),
		ListPrefixes("FindState", r.StateBucketARN, ".pulumi/"),
		TellWhatIsGone(r.StateBucketARN),
		AllowActions("ReadCatalogEncryption",
			[]string{"arn:" + r.Partition + ":glue:" + r.Region + ":" + r.Account + ":catalog"},
			"glue:GetDataCatalogEncryptionSettings"),
	}
	if r.StateKeyARN != "" {
		statements = append(statements, DecryptWith("DecryptState", r.StateKeyARN))
	}
	return Identity(statements...)
}
