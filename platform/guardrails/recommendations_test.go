package guardrails

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/policies"
)

func modelARN(name string) string { return "arn:aws:sagemaker:eu-west-1:123456789012:" + name }

// TestTheModelsRoleIsPassedToSageMakerOnly: whoever passes it elsewhere would act as it.
func TestTheModelsRoleIsPassedToSageMakerOnly(t *testing.T) {
	g := graphOf(t, recommendations)
	held := roles(t, g)
	for name, r := range held {
		for other, passed := range held {
			for service, want := range map[string]bool{policies.SageMaker: other == "recommendations-execution" &&
				(name == "recommendations-function" || name == "recommendations-machine"), policies.Lambda: false} {
				got := g.may(t, r, "iam:PassRole", passed.arn, map[string]string{"iam:PassedToService": service})
				assert.Equal(t, want, got == policies.Allowed, "%s passes %s to %s", name, other, service)
			}
		}
	}
}

// TestWhatRolesOfRecommendationsCanDo: between the two jobs a model is trained; neither reaches the other's side.
func TestWhatRolesOfRecommendationsCanDo(t *testing.T) {
	const yes, no = policies.Allowed, policies.NotAllowed
	put, get, remove := "s3:PutObject", "s3:GetObject", "s3:DeleteObject"
	training, batch := object("features", "training/r1/full/products/a.parquet"),
		object("features", "batch/r1/recommendations.parquet")
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

		{"features", "sagemaker:PutRecord",
			"arn:aws:sagemaker:eu-west-1:123456789012:feature-group/shop_recommendations-products-1-0-0", yes},
		{"features", "sagemaker:DeleteFeatureGroup",
			"arn:aws:sagemaker:eu-west-1:123456789012:feature-group/shop_recommendations-products-1-0-0", no},
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

		// What is called by another name, of another stack, or by the whole account's lists, is out of reach.
		{"recommendations-execution", get, training, yes},
		{"recommendations-execution", put, training, no},
		{"recommendations-execution", put, batch, yes},
		{"recommendations-execution", remove, batch, no},
		{"recommendations-execution", get, object("features", "interactions/data/a.parquet"), no},
		{"recommendations-execution", put, object("features", "model_runs/r1.json"), no},
		{"recommendations-execution", get, object("artifacts", "sagemaker/0123456789abcdef/source.tar.gz"), yes},
		{"recommendations-execution", get, object("artifacts", "runs/recommendations/r1/features.json"), no},
		{"recommendations-function", put, object("features", "model_runs/r1.json"), yes},
		{"recommendations-function", get, training, no},
		{"recommendations-function", remove, object("features", "model_runs/r1.json"), no},
		{"recommendations-function",
			"sagemaker:UpdateEndpoint", modelARN("endpoint/shop-recommendations-recommendations"), yes},
		{"recommendations-function", "sagemaker:UpdateEndpoint", modelARN("endpoint/shop-dev-recommendations"), no},
		{"recommendations-function",
			"sagemaker:DeleteModel", modelARN("model/shop-recommendations-recommendations-20260301-0123456"), yes},
		{"recommendations-function",
			"sagemaker:DeleteModel", modelARN("model/shop-dev-recommendations-20260301-0123456"), no},
		{"recommendations-function", "sagemaker:CreateTrainingJob",
			modelARN("training-job/shop-recommendations-recommendations-20260301-0123456"), no},
		{"recommendations-function", "sagemaker:DeleteModelPackageGroup",
			modelARN("model-package-group/shop-recommendations-recommendations"), no},
		{"recommendations-machine", "sagemaker:CreateTrainingJob",
			modelARN("training-job/shop-recommendations-recommendations-20260301-0123456"), yes},
		{"recommendations-machine", "sagemaker:CreateTrainingJob", modelARN("training-job/other"), no},
		{"recommendations-machine",
			"sagemaker:UpdateEndpoint", modelARN("endpoint/shop-recommendations-recommendations"), no},
		{"recommendations-machine",
			"sagemaker:InvokeEndpoint", modelARN("endpoint/shop-recommendations-recommendations"), no},
		{"recommendations-machine", get, batch, no},
		{"sales-curate", get, object("features", "interactions/data/a.parquet"), no},
		{"clickstream-function", put, object("features", "interactions/data/a.parquet"), no},
	} {
		r, ok := held[tt.role]
		require.True(t, ok, tt.role)
		assert.Equal(t, tt.want, g.may(t, r, tt.action, tt.resource, nil), "%s: %s on %s", tt.role, tt.action,
			tt.resource)
	}
}
