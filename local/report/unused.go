package report

// Reasons why a demo does not use a grant.
const (
	onFailure   = "nothing of the kind fails in a demo"
	offLocally  = "schedules are off in the local stack; the demo starts the machines itself"
	notRun      = "the emulator runs no crawlers"
	lentByLake  = "Lake Formation reads with it for people; the emulator's queries read by themselves"
	serviceLogs = "AWS delivers a machine's log and traces with it; the emulator keeps neither"
	byConsole   = "consoles and drivers ask for it before they query; the demo knows what it asks for"
	glueMetrics = "Glue reports a run's metrics with it; the emulator has none"
)

// UnusedGrants are those of the local stack that a demo of generated data does not use, each with the reason why it is there all
// the same. A run that uses one of them fails, as does an unused grant that is not here.
var UnusedGrants = []Exception{
	{"clickstream-function", "WriteFailedBatches", onFailure},
	{"clickstream-function", "CheckFailureBucket", onFailure},
	{"assets-function", "TellWhatIsGone", onFailure},
	{"*-pipeline", "NotifyFailure", onFailure},
	{"*-pipeline", "EncryptNotices", onFailure},
	{"*-pipeline", "DeliverLogs", serviceLogs},
	{"*-pipeline", "Trace", serviceLogs},
	{"*-hourly", "*", offLocally},
	{"discovery", "*", notRun},
	{"governance-reader", "*", lentByLake},
	{"*", "FindWorkgroup", byConsole},
	{"*", "BrowseCatalog", byConsole},
	{"*", "ListResults", byConsole},
	{"*-process", "ReportMetrics", glueMetrics},
	{"*-curate", "ReportMetrics", glueMetrics},
	{"tables", "ReportMetrics", glueMetrics},
}
