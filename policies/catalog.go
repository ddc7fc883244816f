package policies

// CatalogEncryption are the grants of the role by which Glue encrypts and decrypts its catalog (Glue Developer Guide,
// "Encrypting your Data Catalog").
func CatalogEncryption(keyARN string) Document {
	return Identity(AllowActions("EncryptCatalog", []string{keyARN}, "kms:Decrypt", "kms:Encrypt",
		"kms:GenerateDataKey"))
}
