package contracts

import (
	"slices"
	"strings"
)

// Pipeline is one source dataset's way through the layers.
type Pipeline struct {
	Name      string // the dataset
	Domain    string
	Streaming bool // records arrive on a stream and are processed by its function
	// files are dropped for a job to process; when neither, a function describes objects and a job merges what it says
	Landing   bool
	Raw       *Contract
	Beside    []*Contract // raw datasets of the source's files in other forms, which the same job processes, by id
	Processed *Contract
	Curated   []*Contract // by id
	// Lookups are the processed datasets of other pipelines that the curated ones look values up in, or refer to, by
	// id; References those that the processed one refers to.
	Lookups    []*Contract
	References []*Contract
}

// Pipelines derives the pipelines: every raw dataset that a source sends starts one, the processed dataset of the same
// name is its middle, and every curated dataset whose rows come from that, directly or not, belongs to it. Rows come
// from the first upstream; values are looked up in the others, which makes no curated dataset part of theirs.
func (s *Set) Pipelines() []Pipeline {
	var pipelines []Pipeline
	for _, raw := range s.Layer(LayerRaw) {
		processed, ok := s.Get(LayerProcessed + "." + raw.Dataset)
		if raw.Source == SourcePlatform || raw.Source == SourceBeside || !ok {
			continue
		}
		pipeline := Pipeline{
			Name: raw.Dataset, Domain: raw.Domain, Streaming: raw.Source == SourceStream,
			Landing: raw.Source == SourceLanding, Raw: raw, Processed: processed,
		}
		for _, other := range s.Layer(LayerRaw) {
			if other.Source == SourceBeside && other.Of() == raw.Dataset {
				pipeline.Beside = append(pipeline.Beside, other)
			}
		}
		for _, curated := range s.Layer(LayerCurated) {
			if s.source(curated) != processed {
				continue
			}
			pipeline.Curated = append(pipeline.Curated, curated)
			for _, id := range curated.Upstream[1:] {
				if lookup, ok := s.Get(id); ok {
					pipeline.Lookups = append(pipeline.Lookups, lookup)
				}
			}
		}
		pipeline.Lookups = pipeline.others(append(pipeline.Lookups, s.referred(pipeline.Curated...)...))
		pipeline.References = pipeline.others(s.referred(processed))
		pipelines = append(pipelines, pipeline)
	}
	return pipelines
}

// others are those of some datasets that are not the pipeline's own, each once, by id.
func (p Pipeline) others(of []*Contract) []*Contract {
	var found []*Contract
	for _, one := range of {
		if one != p.Processed && !slices.Contains(p.Curated, one) && !slices.Contains(found, one) {
			found = append(found, one)
		}
	}
	slices.SortFunc(found, func(a, b *Contract) int { return strings.Compare(a.ID, b.ID) })
	return found
}

// source is the processed dataset that a curated one's rows come from, or nil: a model's rows come from none.
func (s *Set) source(curated *Contract) *Contract {
	at := curated
	for range s.contracts { // no way is longer, unless it is a cycle
		if at.Layer == LayerProcessed {
			return at
		}
		if at.Layer == LayerFeatures || len(at.Upstream) == 0 {
			return nil
		}
		next, ok := s.Get(at.Upstream[0])
		if !ok {
			return nil
		}
		at = next
	}
	return nil
}
