package policies

// ScheduleRefs are what a schedule works with.
type ScheduleRefs struct {
	StateMachineARN string
	// DeadLettersARN is the queue for starts that failed, DeadLettersKeyARN its key.
	DeadLettersARN    string
	DeadLettersKeyARN string
}

// Schedule are the grants of the scheduler's role: it starts one state machine and leaves what it could not start in a
// queue.
func Schedule(r ScheduleRefs) Document {
	return Identity(
		AllowActions("StartMachine", []string{r.StateMachineARN}, "states:StartExecution"),
		AllowActions("LeaveDeadLetters", []string{r.DeadLettersARN}, "sqs:SendMessage"),
		EncryptWith("EncryptDeadLetters", r.DeadLettersKeyARN),
	)
}

// DailyRefs are what the schedule of a job works with.
type DailyRefs struct {
	JobARN string
	// DeadLettersARN is the queue for starts that failed, DeadLettersKeyARN its key.
	DeadLettersARN    string
	DeadLettersKeyARN string
}

// Daily are the grants of the scheduler's role for a job: it starts that one and leaves what it could not start in a
// queue.
func Daily(r DailyRefs) Document {
	return Identity(
		AllowActions("StartJob", []string{r.JobARN}, "glue:StartJobRun"),
		AllowActions("LeaveDeadLetters", []string{r.DeadLettersARN}, "sqs:SendMessage"),
		EncryptWith("EncryptDeadLetters", r.DeadLettersKeyARN),
	)
}
