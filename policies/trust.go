package policies

// Service principals, the same in every partition.
const (
	Lambda     = "lambda.amazonaws.com"
	Glue       = "glue.amazonaws.com"
	States     = "states.amazonaws.com"
	Scheduler  = "scheduler.amazonaws.com"
	S3         = "s3.amazonaws.com"
	S3Logging  = "logging.s3.amazonaws.com"
	CloudWatch = "cloudwatch.amazonaws.com"
	Events     = "events.amazonaws.com"
	QuickSight = "quicksight.amazonaws.com"
)

// TrustSilent lets a service assume a role for this account, as far as it says for whom it acts.
func TrustSilent(service, account string) Document {
	return Trust(AssumedBy(service).FromAccountIfSaid(account))
}

// TrustService lets a service assume a role, for this account and, when given, these resources only.
func TrustService(service, account string, sourceARNs ...string) Document {
	return Trust(AssumedBy(service).FromAccount(account, sourceARNs...))
}

// TrustGlue lets Glue assume a role. It has no condition: Glue is not documented to pass the source account or ARN when
// it assumes a role, and a condition on an absent key would stop every job. The deputy cannot be confused from
// outside all the same: a role can be passed to Glue only inside its own account.
func TrustGlue() Document { return Trust(AssumedBy(Glue)) }

// TrustPrincipals lets the named roles or users assume a role.
func TrustPrincipals(arns ...string) Document {
	return Trust(Statement{Sid: "AssumedByProducers", Effect: Allow, Action: []string{"sts:AssumeRole"}}.By("AWS",
		arns...))
}

// AssumedBy is the bare trust statement of a service.
func AssumedBy(service string) Statement {
	return Statement{Sid: "AssumedByService", Effect: Allow, Action: []string{"sts:AssumeRole"}}.By("Service", service)
}
