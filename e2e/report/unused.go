package report

import "slices"

// Reasons why a demo does not use a grant.
const (
	onFailure        = "nothing of the kind fails in a demo"
	notInInput       = "the input has nothing that needs it"
	offLocally       = "schedules are off in the local stack; the demo starts the state machines itself"
	notRun           = "the emulator runs no crawlers"
	lentByLake       = "Lake Formation reads with it for people; the emulator's queries read by themselves"
	noTraces         = "AWS keeps traces with it; the emulator has none"
	byConsole        = "consoles and drivers ask for it before they query; the demo knows what it asks for"
	glueMetrics      = "Glue reports a run's metrics with it; the emulator has none"
	modelService     = "AWS fetches images, measures instances and tells of ended jobs with it; the emulator needs none of them"
	refusal          = "it refuses what nothing tries"
	tableMaintenance = "a demo exports nobody and maintains no table; the self-check of an erasure does it and holds these grants against it"
	canariesOnly     = "a demo erases canaries, before anything was computed or learnt of clicks, and tables keep their past; the self-check of an erasure uses it"
)

// UnusedGrants are those of the local stack that a demo of generated data does not use, each with the reason why it is
// there all the same. A run that uses one of them fails, as does an unused grant that is not here.
var UnusedGrants = []Exception{
	{"clickstream-function", "WriteFailedBatches", onFailure},
	{"clickstream-function", "CheckFailureBucket", onFailure},
	{"assets-function", "TellWhatIsGone", onFailure},
	{"*-pipeline", "NotifyFailure", onFailure},
	{"*-pipeline", "EncryptNotices", onFailure},
	{"*", "Trace", noTraces},
	{"*-hourly", "*", offLocally},
	{"discovery", "*", notRun},
	{"governance-reader", "*", lentByLake},
	{"*", "FindWorkgroup", byConsole},
	{"*", "BrowseCatalog", byConsole},
	{"*", "ListResults", byConsole},
	{"tables", "ReportMetrics", glueMetrics},
	{"tables", "KeepTablesOfStreams", refusal},
	{"maintain-daily", "*", offLocally},
	{"maintain", "*", tableMaintenance},
	{"erase", "ReportMetrics", glueMetrics},
	{"erase", "KeepTablesOfStreams", refusal},
	{"erase", "KeepObjects", refusal},
	{"erase", "KeepUnknownFeeds", refusal},
	{"erase", "ListCurated", canariesOnly},
	{"erase", "TellWhatIsGone", canariesOnly},
	{"export", "*", tableMaintenance},
	{"export-machine", "RunJobs", tableMaintenance},
}

// UnusedOfRecommendations are those that a stack has with recommendations only.
var UnusedOfRecommendations = []Exception{
	{"erase", "RewriteFeatures", canariesOnly},
	{"erase", "ListFeatures", canariesOnly},
	{"erase", "EraseFilesOfRuns", canariesOnly},
	{"erase", "ReadModels", canariesOnly},
	{"features", "ReportMetrics", glueMetrics},
	{"recommend", "ReportMetrics", glueMetrics},
	{"recommendations-execution", "ReportMetrics", modelService},
	{"recommendations-execution", "FetchImage", modelService},
	{"recommendations-execution", "SignInForImages", modelService},
	{"recommendations-machine", "StopModelJobs", onFailure},
	{"recommendations-machine", "HearOfModelJobs", modelService},
	{"recommendations-machine", "NotifyFailure", onFailure},
	{"recommendations-machine", "EncryptNotices", onFailure},
	{"recommendations-weekly", "*", offLocally},
	{"recommendations-function", "RemoveModels",
		"the function removes models when the stack goes, after the report is made"},
}

// UnusedOfIdle are those of the roles of datasets that got no file.
func UnusedOfIdle(datasets []string) []Exception {
	var found []Exception
	for _, dataset := range datasets {
		found = append(found, Exception{dataset + "-*", "*", "the dataset got no file"})
	}
	return found
}

// UnusedOf are those of a stack, with recommendations or without.
func UnusedOf(recommendations bool) []Exception {
	if recommendations {
		return slices.Concat(UnusedGrants, UnusedOfRecommendations)
	}
	return UnusedGrants
}
