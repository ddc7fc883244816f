package settings

// defaults are safe for a stack that says nothing: data is kept, nothing is archived, the schedule runs.
func defaults() Settings {
	kept := Layer{NoncurrentDays: 30}
	return Settings{
		BuildDirectory: "build", ScriptsDirectory: "glue-scripts/jobs", Architecture: "arm64", LogRetentionDays: 30,
		Clickstream: Clickstream{
			Mode: "onDemand", RetentionHours: 72, BatchSize: 1000, BatchWindowSeconds: 30,
			MaxRecordAgeSeconds: 86400, LatenessHours: 72, MaxEventBytes: 64 << 10, MaxExpandedBytes: 16 << 20,
		},
		Collector: Collector{MaxConcurrency: 50},
		Landing:   Landing{MaxFileBytes: 256 << 20, MaxExpandedBytes: 1 << 30},
		Assets:    Assets{MaxBytes: 256 << 20, MaxPixels: 40_000_000, MaxSeconds: 60, ThumbnailSide: 256},
		Jobs:      Jobs{WorkerType: "G.1X", Workers: 2, TimeoutMinutes: 60, MaxConcurrentRuns: 4, DedupDays: 7},
		Pipelines: Pipelines{QuarantineLimit: 0.1, BackfillConcurrency: 2, ScheduleEnabled: true, ScheduleMinute: 5},
		// The hour after the one in which Europe sleeps deepest: the lease keeps publishers waiting.
		Maintenance: Maintenance{ScheduleEnabled: true, ScheduleHour: 3, SnapshotDays: 7, OrphanDays: 3},
		Storage: Storage{
			Landing: Layer{ExpireAfterDays: 7, NoncurrentDays: 7},
			Raw:     Layer{GlacierAfterDays: 365, DeepArchiveAfterDays: 730, NoncurrentDays: 30},
			// An Intelligent-Tiering archive would make yesterday's cheap query fail: only raw is archived.
			Processed: kept, Features: kept, Curated: kept,
			Artifacts: Layer{NoncurrentDays: 30},
			Logs:      Layer{ExpireAfterDays: 90, NoncurrentDays: 7},
			Audit:     Layer{ExpireAfterDays: 365, NoncurrentDays: 30},
			Discarded: kept,
		},
		// No stack of this program is older.
		Catalog: Catalog{GoLive: "2026-01-01"},
		Audit:   Audit{DataEvents: true}, Pseudonyms: Pseudonyms{Version: 1},
		// How much is for the stack to say; without an amount nothing is watched.
		Cost: Cost{ActualPercents: []int{50, 80, 100}, ForecastPercents: []int{100}},
		Analytics: Analytics{
			ScanLimitBytes: 100 << 30, ResultsExpireAfterDays: 7,
			Redshift: Redshift{BaseRPU: 8, MaxRPU: 16, RPUHoursPerDay: 8},
		},
		// Closed by default: a stack that says nothing shows nothing.
		Governance: Governance{Enabled: true},

		Recommendations: defaultRecommendations(),
		Network:         Network{CIDR: "10.40.0.0/16"},
	}
}
