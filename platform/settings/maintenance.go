package settings

// Maintenance rules the daily care for the Iceberg tables.
type Maintenance struct {
	// ScheduleEnabled starts it every day, at ScheduleHour.
	ScheduleEnabled bool `json:"scheduleEnabled"`
	ScheduleHour    int  `json:"scheduleHour"`
	// SnapshotDays is how long a table can be read, or brought back, as it was.
	SnapshotDays int `json:"snapshotDays"`
	// OrphanDays is the age at which a file that no snapshot knows is removed: longer than any run lasts.
	OrphanDays int `json:"orphanDays"`
}

func (m Maintenance) check(p *problems, jobMinutes int) {
	p.between("maintenance.scheduleHour", m.ScheduleHour, 0, 23, "hour of the day, UTC")
	p.between("maintenance.snapshotDays", m.SnapshotDays, 1, 365,
		"days; whoever reads a table keeps its snapshot for as long as a query lasts")
	const day = 24 * 60
	p.between("maintenance.orphanDays", m.OrphanDays, 1+(jobMinutes+day-1)/day, 365,
		"a day more than jobs.timeoutMinutes, or files of a run that still writes are removed")
}
