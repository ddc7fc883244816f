package policies

// Services that take the warehouse's role.
const (
	Redshift           = "redshift.amazonaws.com"
	RedshiftServerless = "redshift-serverless.amazonaws.com"
)

// WarehouseRefs are what the warehouse reads.
type WarehouseRefs struct {
	DatabaseARN string
	Tables      []string
}

// Warehouse are the rights by which Redshift reads tables of the catalog. It holds none on data: Lake Formation hands
// that out, and says which columns.
func Warehouse(r WarehouseRefs) Document {
	return Identity(
		AllowActions("LookUpTables", catalogARNs(r.DatabaseARN, r.Tables...), "glue:GetDatabase", "glue:GetTable",
			"glue:GetTables"),
		AllowActions("ReadGrantedData", []string{"*"}, "lakeformation:GetDataAccess"),
	)
}

// TrustWarehouse lets Redshift of this account assume a role, as far as it says which account it acts for.
func TrustWarehouse(account string) Document {
	return Trust(AssumedBy(RedshiftServerless).By("Service", RedshiftServerless, Redshift).FromAccountIfSaid(account))
}
