package policies

// ScheduleRefs are what a schedule works with.
type ScheduleRefs struct {
	MachineARN string
	// DeadLettersARN is the queue for starts that failed, DeadLettersKeyARN its key.
	DeadLettersARN    string
	DeadLettersKeyARN string
}

// Schedule are the grants of the scheduler's role: it starts one state machine and leaves what it could not start in a queue.
func Schedule(r ScheduleRefs) Document {
	return Identity(
		AllowActions("StartMachine", []string{r.MachineARN}, "states:StartExecution"),
		AllowActions("LeaveDeadLetters", []string{r.DeadLettersARN}, "sqs:SendMessage"),
		EncryptWith("EncryptDeadLetters", r.DeadLettersKeyARN),
	)
}
