package settings

import (
	"fmt"
	"strings"

	"dataplatform/components/limits"
	"dataplatform/contracts"
)

// Layers beside those that have contracts.
const (
	LayerLanding   = "landing"
	LayerArtifacts = "artifacts"
	LayerLogs      = "logs"
	LayerAudit     = "audit"
	// LayerDiscarded takes what the stream's mapping gives up.
	LayerDiscarded = "discarded"
)

// Layer says how the layer of a name ages.
func (s Storage) Layer(name string) Layer {
	return map[string]Layer{
		LayerLanding: s.Landing, contracts.LayerRaw: s.Raw, contracts.LayerProcessed: s.Processed,
		contracts.LayerFeatures: s.Features, contracts.LayerCurated: s.Curated, LayerArtifacts: s.Artifacts,
		LayerLogs: s.Logs, LayerAudit: s.Audit, LayerDiscarded: s.Discarded,
	}[name]
}

func (l Layer) check(p *problems, key string) {
	days := func(name string, value, low, high int, why string) {
		if value != 0 {
			p.between(key+"."+name, value, low, high, why)
		}
	}
	const century = 36500
	days("glacierAfterDays", l.GlacierAfterDays, 1, century, "or 0 for never")
	if l.GlacierAfterDays > 0 {
		days("deepArchiveAfterDays", l.DeepArchiveAfterDays, l.GlacierAfterDays+90, century,
			"Glacier bills 90 days at least, after glacierAfterDays; or 0 for never")
	} else {
		days("deepArchiveAfterDays", l.DeepArchiveAfterDays, 1, century, "or 0 for never")
	}
	days("archiveAccessAfterDays", l.ArchiveAccessAfterDays, 90, 730, "S3 Intelligent-Tiering; or 0 for never")
	days("deepArchiveAccessAfterDays", l.DeepArchiveAccessAfterDays, max(180, l.ArchiveAccessAfterDays+1), 730,
		"S3 Intelligent-Tiering, after archiveAccessAfterDays; or 0 for never")
	last, minimum := 0, 0 // the last move and the days its class bills at least
	if l.GlacierAfterDays > 0 {
		last, minimum = l.GlacierAfterDays, 90
	}
	if l.DeepArchiveAfterDays > 0 {
		last, minimum = l.DeepArchiveAfterDays, 180
	}
	days("expireAfterDays", l.ExpireAfterDays, last+max(1, minimum), century,
		"after the minimum days that the last archive class bills; or 0 for never")
	p.between(key+".noncurrentDays", l.NoncurrentDays, 1, century, "S3 lifecycle")
}

// ContractProblems are settings that the contracts do not allow.
func (s Settings) ContractProblems(set *contracts.Set) []error {
	var p problems
	for _, name := range set.Layers() {
		layer, key := s.Storage.Layer(name), "storage."+name
		if tables := icebergTables(set.Layer(name)); len(tables) > 0 {
			layer.checkIceberg(&p, key, tables)
			continue
		}
		layer.checkRetention(&p, key, set.Layer(name))
		for _, contract := range set.Layer(name) {
			if layer.ExpireAfterDays != 0 && layer.ExpireAfterDays < contract.SLA.RetentionDays {
				p.add(key+".expireAfterDays", layer.ExpireAfterDays, fmt.Sprintf(
					"0 for never, or at least the %d days that %s promises", contract.SLA.RetentionDays, contract.ID,
				))
			}
		}
	}
	return p
}

// checkIceberg refuses that S3 moves or deletes files of a layer with Iceberg tables: a table's metadata points at
// them, so every query would break.
func (l Layer) checkIceberg(p *problems, key string, tables []string) {
	for _, field := range []struct {
		name string
		days int
	}{
		{"glacierAfterDays", l.GlacierAfterDays},
		{"deepArchiveAfterDays", l.DeepArchiveAfterDays},
		{"archiveAccessAfterDays", l.ArchiveAccessAfterDays},
		{"deepArchiveAccessAfterDays", l.DeepArchiveAccessAfterDays},
		{"expireAfterDays", l.ExpireAfterDays},
	} {
		if field.days != 0 {
			p.add(key+"."+field.name, field.days,
				"0: only the engine may move or delete the files of Iceberg tables ("+strings.Join(tables, ", ")+")")
		}
	}
}

func icebergTables(of []*contracts.Contract) []string {
	var tables []string
	for _, contract := range of {
		if contract.Format == contracts.FormatIceberg {
			tables = append(tables, contract.Dataset)
		}
	}
	return tables
}

// checkRetention refuses moves of which S3 bills days on which nothing is stored any more.
func (l Layer) checkRetention(p *problems, key string, datasets []*contracts.Contract) {
	for _, move := range []struct {
		name           string
		after, minimum int
	}{
		{"glacierAfterDays", l.GlacierAfterDays, limits.GlacierMinimumDays},
		{"deepArchiveAfterDays", l.DeepArchiveAfterDays, limits.DeepArchiveMinimumDays},
	} {
		for _, contract := range datasets {
			kept := contract.SLA.RetentionDays
			if move.after > 0 && move.after < kept && kept < move.after+move.minimum {
				p.add(key+"."+move.name, move.after,
					fmt.Sprintf("0 for never, at most %d, or at least %d: the class bills %d days, and %s is deleted after %d",
						kept-move.minimum, kept, move.minimum, contract.ID, kept))
			}
		}
	}
}
