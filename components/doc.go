// Package components are the parts the platform is composed of, one file each. In the order data flows:
//
//	key, pseudonyms       encryption keys, the key behind customers' pseudonyms
//	layer, logs, trail    the buckets of the lake, the records of who reads them
//	registry, catalog     schemas and tables, made from contracts; what encrypts them
//	clickstream           stream, function, and what happens to records that fail
//	collector             the address that clicks are sent to without credentials
//	landing               dropped files, the function that takes them in, the ledger of files
//	assets                objects and the function that describes them
//	bucket_notifications  all notifications of a bucket about its objects
//	job, pipeline         Glue jobs and the state machines that run them by the hour
//	schedule              when they run
//	governance            who may see what: Lake Formation's tags and grants
//	table_migration       columns and partitions of Iceberg tables, applied in the deployment
//	crawler               a look at feeds nobody has described yet
//	analytics, queries    the workgroups and rights of those who query, and what to start from
//	quicksight_dashboard  a dashboard for those who do not query
//	recommendations       what learns each week, and the endpoint that answers with it
//	alarm, budgets,
//	security_events,
//	dashboard             who is notified of failures, costs and lost protection, where to look
//
// The network, the warehouse in it and the registry of models are packages of their own, below this one: their SDK is
// long to compile.
//
// A constructor checks its arguments before it registers anything, reads no configuration, and makes the operations of
// what it makes: role, log group, alarms, dashboard widgets.
package components
