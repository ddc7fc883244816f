package guardrails

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/policies"
)

// TestWhatRolesOfRecommendationsCanDo: between the two jobs a model is trained; neither reaches the other's side.
func TestWhatRolesOfRecommendationsCanDo(t *testing.T) {
	const yes, no = policies.Allowed, policies.NotAllowed
	put, get, remove := "s3:PutObject", "s3:GetObject", "s3:DeleteObject"
	training, batch := object("features", "training/r1/full/products/a.parquet"), object("features", "batch/r1/recommendations.parquet")
	g := graphOf(t, recommendations)
	held := roles(t, g)
	for _, tt := range []struct {
		role, action, resource string
		want                   policies.Decision
	}{
		{"features", get, object("processed", "clicks/a.parquet"), yes},
		{"features", get, object("processed", "assets/data/a.parquet"), yes},
		{"features", get, object("processed", "customers/data/a.parquet"), no},
		{"features", get, object("raw", "clicks/a.json.gz"), no},
		{"features", put, object("features", "interactions/data/a.parquet"), yes},
		{"features", put, training, yes},
		{"features", remove, training, yes},
		{"features", put, batch, no},
		{"features", put, object("features", "model_runs/r1.json"), no},
		{"features", put, object("curated", "recommendations/data/a.parquet"), no},
		{"features", put, object("processed", "sales/data/a.parquet"), no},
		{"features", put, object("artifacts", "runs/recommendations/r1/features.json"), yes},
		{"features", put, object("artifacts", "glue/0123456789abcdef/features.py"), no},

		{"features", "sagemaker:PutRecord", "arn:aws:sagemaker:eu-west-1:123456789012:feature-group/shop_recommendations-products-1-0-0", yes},
		{"features", "sagemaker:DeleteFeatureGroup", "arn:aws:sagemaker:eu-west-1:123456789012:feature-group/shop_recommendations-products-1-0-0", no},
		{"products-store", put, object("features", "feature-store/123456789012/a.parquet"), yes},
		{"products-store", put, object("features", "products/data/a.parquet"), no},
		{"products-store", get, training, no},

		{"recommend", get, batch, yes},
		{"recommend", get, training, yes},
		{"recommend", put, batch, no},
		{"recommend", remove, training, no},
		{"recommend", get, object("features", "interactions/data/a.parquet"), no},
		{"recommend", get, object("processed", "sales/data/a.parquet"), no},
		{"recommend", put, object("curated", "recommendations/data/a.parquet"), yes},
		{"recommend", put, object("curated", "customer_value/data/a.parquet"), no},

		{"tables", put, object("features", "interactions/metadata/1.json"), yes},
		{"tables", get, object("features", "interactions/data/a.parquet"), no},
		{"maintain", remove, object("features", "interactions/data/a.parquet"), yes},
		{"maintain", remove, training, no},
		{"erase", "s3:DeleteObjectVersion", training, yes},
		{"erase", "s3:DeleteObjectVersion", batch, yes},
		{"erase", "s3:DeleteObjectVersion", object("features", "model_runs/r1.json"), no},
		{"sales-curate", get, object("features", "interactions/data/a.parquet"), no},
		{"clickstream-function", put, object("features", "interactions/data/a.parquet"), no},
	} {
		r, ok := held[tt.role]
		require.True(t, ok, tt.role)
		assert.Equal(t, tt.want, g.may(t, r, tt.action, tt.resource, nil), "%s: %s on %s", tt.role, tt.action, tt.resource)
	}
}
