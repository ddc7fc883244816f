package platform

// RecommendationsSettings rule what learns whom to recommend what.
type RecommendationsSettings struct {
	// Enabled makes the features layer and all that is computed from it.
	Enabled bool `json:"enabled"`
	// FeatureGroup also puts the features of products into SageMaker's feature store, offline.
	FeatureGroup bool `json:"featureGroup"`
}

func (r RecommendationsSettings) check(p *problems) {
	if r.FeatureGroup && !r.Enabled {
		p.add("recommendations.featureGroup", r.FeatureGroup, "false unless recommendations.enabled: there would be no features")
	}
}
