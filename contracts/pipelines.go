package contracts

// Pipeline is one source dataset's way through the layers.
type Pipeline struct {
	Name      string // the dataset
	Domain    string
	Streaming bool // records arrive on a stream and are processed by its function
	Landing   bool // files are dropped for a job to process; when neither, a function describes objects and a job merges what it says
	Raw       *Contract
	Processed *Contract
	Curated   []*Contract // by id
}

// Pipelines derives the pipelines: every raw dataset that a source sends starts one, the processed dataset of the same name
// is its middle, and every curated dataset computed from that, directly or not, belongs to it.
func (s *Set) Pipelines() []Pipeline {
	var pipelines []Pipeline
	for _, raw := range s.Layer(LayerRaw) {
		processed, ok := s.Get(LayerProcessed + "." + raw.Dataset)
		if raw.Source == SourcePlatform || !ok {
			continue
		}
		pipeline := Pipeline{
			Name: raw.Dataset, Domain: raw.Domain, Streaming: raw.Source == SourceStream, Landing: raw.Source == SourceLanding, Raw: raw, Processed: processed,
		}
		for _, curated := range s.Layer(LayerCurated) {
			if s.reaches(curated, processed.ID) {
				pipeline.Curated = append(pipeline.Curated, curated)
			}
		}
		pipelines = append(pipelines, pipeline)
	}
	return pipelines
}
