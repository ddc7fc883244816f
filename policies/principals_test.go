package policies_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"dataplatform/policies"
)

const (
	account      = "123456789012"
	raw          = "arn:aws:s3:::raw-1"
	processed    = "arn:aws:s3:::processed-1"
	features     = "arn:aws:s3:::features-1"
	curated      = "arn:aws:s3:::curated-1"
	landing      = "arn:aws:s3:::landing-1"
	discarded    = "arn:aws:s3:::discarded-1"
	artifacts    = "arn:aws:s3:::artifacts-1"
	logs         = "arn:aws:s3:::logs-1"
	stream       = "arn:aws:kinesis:eu-west-1:123456789012:stream/clicks"
	queue        = "arn:aws:sqs:eu-west-1:123456789012:landing"
	topic        = "arn:aws:sns:eu-west-1:123456789012:alarms"
	files        = "arn:aws:dynamodb:eu-west-1:123456789012:table/files"
	hours        = "arn:aws:dynamodb:eu-west-1:123456789012:table/hours"
	leases       = "arn:aws:dynamodb:eu-west-1:123456789012:table/leases"
	stateMachine = "arn:aws:states:eu-west-1:123456789012:stateMachine:sales"
	bus          = "arn:aws:events:eu-west-1:123456789012:event-bus/default"
	glue         = "arn:aws:glue:eu-west-1:123456789012:"
	group        = "arn:aws:logs:eu-west-1:123456789012:log-group:/aws-glue/jobs/sales"
)

func key(name string) string { return "arn:aws:kms:eu-west-1:123456789012:key/" + name }

func jobRefs() policies.JobRefs {
	return policies.JobRefs{
		RowsPrefix: "sales/",
		Dataset:    "sales", ProcessedTables: []string{"sales"}, CuratedTables: []string{"sales_hourly"},
		LookupTables: []string{"products"}, ReferenceTables: []string{"customers"}, RawBucketARN: raw,
		RawKeyARN: key("raw"), ProcessedBucketARN: processed,
		ProcessedKeyARN: key("processed"), ProcessedDatabase: glue + "database/shop_processed",
		CuratedBucketARN: curated, CuratedKeyARN: key("curated"), CuratedDatabase: glue + "database/shop_curated",
		ArtifactsBucketARN: artifacts, ArtifactsKeyARN: key("artifacts"), FilesTableARN: files, HoursTableARN: hours,
		LeasesTableARN: leases, LedgerKeyARN: key("ledger"), LogGroupARNs: []string{group},
	}
}

func previewRefs() policies.PreviewRefs {
	return policies.PreviewRefs{
		Partition: "aws", Account: account, Region: "eu-west-1", Repository: "shop@12/platform@34",
		Environment: "preview-prod", StateBucketARN: "arn:aws:s3:::shop-state",
		StateKeyARN: key("state"), Stack: "prod",
	}
}

// streamRefs are of a pipeline that begins with a stream.
func streamRefs() policies.JobRefs {
	r := jobRefs()
	r.Dataset, r.ProcessedTables = "clicks", nil
	return r
}

func featuresRefs() policies.FeaturesRefs {
	r := jobRefs()
	r.CuratedTables, r.LookupTables = []string{"recommendations"}, nil
	return policies.FeaturesRefs{
		JobRefs: r, Streams: []string{"clicks"}, FeaturesTables: []string{"interactions", "products"},
		FeaturesBucketARN: features, FeaturesKeyARN: key("features"), FeaturesDatabase: glue + "database/shop_features",
	}
}

func tablesRefs() policies.TableMigrationJobRefs {
	r := jobRefs()
	return policies.TableMigrationJobRefs{
		StreamDatasets: []string{"clicks"}, ProcessedBucketARN: processed, ProcessedKeyARN: r.ProcessedKeyARN,
		ProcessedDatabase: r.ProcessedDatabase, CuratedBucketARN: curated, CuratedKeyARN: r.CuratedKeyARN,
		CuratedDatabase: r.CuratedDatabase, ArtifactsBucketARN: artifacts, ArtifactsKeyARN: r.ArtifactsKeyARN,
		LogGroupARNs: []string{group},
	}
}

func tablesRefsWithFeatures() policies.TableMigrationJobRefs {
	r, features := tablesRefs(), featuresRefs()
	r.FeaturesTables, r.FeaturesBucketARN = features.FeaturesTables, features.FeaturesBucketARN
	r.FeaturesKeyARN, r.FeaturesDatabase = features.FeaturesKeyARN, features.FeaturesDatabase
	return r
}

func readerRefs() policies.ReaderRefs {
	return policies.ReaderRefs{
		WorkgroupARN:     "arn:aws:athena:eu-west-1:123456789012:workgroup/analysts",
		DataCatalogARN:   "arn:aws:athena:eu-west-1:123456789012:datacatalog/AwsDataCatalog",
		DatabaseARNs:     []string{glue + "database/shop_processed", glue + "database/shop_curated"},
		ResultsBucketARN: artifacts, ResultsPrefix: "athena-results/analysts/", ResultsKeyARN: key("artifacts"),
	}
}

// everyDocument is every policy of the platform, as the components make it.
func everyDocument() map[string]policies.Document {
	r := jobRefs()
	objects := jobRefs()
	objects.Dataset, objects.RowsPrefix, objects.ProcessedTables, objects.CuratedTables = "assets",
		"assets-rows/", []string{"assets"}, nil
	return map[string]policies.Document{
		"clicks": policies.Identity(policies.Clicks(policies.ClicksRefs{
			Dataset: "clicks", StreamARN: stream, StreamKeyARN: key("stream"), RawBucketARN: raw, RawKeyARN: key("raw"),
			ProcessedBucketARN: processed, ProcessedKeyARN: key("processed"), HoursTableARN: hours,
			LedgerKeyARN: key("ledger"), DiscardedBucketARN: discarded, DiscardedKeyARN: key("discarded"),
		})...),
		"landing": policies.Identity(policies.Landing(policies.LandingRefs{
			Datasets: []string{"sales"}, QueueARN: queue, QueueKeyARN: key("landing"), LandingBucketARN: landing,
			LandingKeyARN: key("landing"), RawBucketARN: raw, RawKeyARN: key("raw"), FilesTableARN: files,
			FilesKeyARN: key("ledger"),
		})...),
		"assets": policies.Identity(policies.Assets(policies.AssetsRefs{
			Dataset: "assets", RowsPrefix: "assets-rows/", QueueARN: queue, QueueKeyARN: key("landing"),
			RawBucketARN: raw, RawKeyARN: key("raw"), ProcessedBucketARN: processed, ProcessedKeyARN: key("processed"),
			FilesTableARN: files, FilesKeyARN: key("ledger"),
		})...),
		"asset source": policies.AssetSource("assets", raw, key("raw")),
		"objects job":  policies.ObjectsJob(objects),
		"tables": policies.Identity(policies.TableMigration(policies.TableMigrationRefs{
			JobARN: glue + "job/tables",
		})...),
		"schemas": policies.Identity(policies.Schemas(policies.SchemasRefs{
			RegistryARN: glue + "registry/shop",
		})...),
		"features job":  policies.FeaturesJob(featuresRefs()),
		"feature store": policies.FeatureStore(features, key("features")),
		"recommend job": policies.RecommendJob(featuresRefs()),
		"maintain job with features": policies.MaintainJob(policies.MaintainJobRefs{
			TableMigrationJobRefs: tablesRefsWithFeatures(), LeasesTableARN: leases,
		}),
		"tables job with features": policies.TableMigrationJob(tablesRefsWithFeatures()),
		"erase job with features": policies.EraseJob(policies.PersonRefs{
			TableMigrationJobRefs: tablesRefsWithFeatures(),
			ObjectDatasets:        []string{"assets"}, LandingBucketARN: landing,
			LandingKeyARN: key("landing"),
			RawBucketARN:  raw, RawKeyARN: key("raw"), DiscardedBucketARN: discarded, DiscardedKeyARN: key("discarded"),
			ResultsPrefix: "athena-results/", FilesTableARN: files,
			LeasesTableARN: leases,
		}),
		"export job with features": policies.ExportJob(policies.PersonRefs{
			TableMigrationJobRefs: tablesRefsWithFeatures(),
			ObjectDatasets:        []string{"assets"}, LandingBucketARN: landing,
			LandingKeyARN: key("landing"),
			RawBucketARN:  raw, RawKeyARN: key("raw"), DiscardedBucketARN: discarded, DiscardedKeyARN: key("discarded"),
			ResultsPrefix: "athena-results/", FilesTableARN: files,
			LeasesTableARN: leases,
		}),
		"process job":         policies.ProcessJob(r),
		"curate job":          policies.CurateJob(r),
		"stream's curate job": policies.CurateJob(streamRefs()),
		"tables job":          policies.TableMigrationJob(tablesRefs()),
		"maintain job": policies.MaintainJob(policies.MaintainJobRefs{
			TableMigrationJobRefs: tablesRefs(), LeasesTableARN: leases,
		}),
		"erase job": policies.EraseJob(policies.PersonRefs{
			TableMigrationJobRefs: tablesRefs(), LandingBucketARN: landing,
			LandingKeyARN: key("landing"), RawBucketARN: raw, RawKeyARN: key("raw"), DiscardedBucketARN: discarded,
			DiscardedKeyARN: key("discarded"), ResultsPrefix: "athena-results/",
			FilesTableARN: files, LeasesTableARN: leases,
		}),
		"daily": policies.Daily(policies.DailyRefs{
			JobARN: glue + "job/maintain", DeadLettersARN: queue, DeadLettersKeyARN: key("alarms"),
		}),
		"pipeline": policies.Pipeline(policies.PipelineRefs{
			JobARNs: []string{glue + "job/sales-process"}, ArtifactsBucketARN: artifacts,
			ArtifactsKeyARN: key("artifacts"), RunsPrefix: policies.RunsPrefix("sales"), TopicARN: topic,
			TopicKeyARN: key("alarms"), EventBusARN: bus,
		}),
		"schedule": policies.Schedule(policies.ScheduleRefs{
			StateMachineARN: stateMachine, DeadLettersARN: queue, DeadLettersKeyARN: key("alarms"),
		}),
		"crawler": policies.Crawler(policies.CrawlerRefs{
			BucketARN: raw, KeyARN: key("raw"), DatabaseARN: glue + "database/shop_raw", TablePrefix: "discovery_",
			Prefix: "discovery/",
		}),
		"catalog encryption": policies.CatalogEncryption(key("catalog")),
		"producer": policies.Producer(policies.ProducerRefs{
			Datasets: []string{"sales"}, LandingBucketARN: landing, LandingKeyARN: key("landing"),
		}),
		"lake reader": policies.LakeReader(policies.LakeReaderRefs{
			BucketARNs: []string{raw, curated}, KeyARNs: []string{key("raw"), key("curated")},
		}),
		"lake": policies.Identity(policies.Lake(policies.LakeRefs{LeasesTableARN: leases, LeasesKeyARN: key("ledger"),
			Databases: []policies.LakeDatabase{
				{Layer: "raw", ARN: glue + "database/shop_raw"},
				{Layer: "curated", ARN: glue + "database/shop_curated"},
			}})...),
		"reader":         policies.Reader(readerRefs()),
		"workflow trust": policies.TrustWorkflow(previewRefs()),
		"preview":        policies.Preview(previewRefs()),
		"stream producer": policies.StreamProducer(policies.StreamProducerRefs{
			StreamARN: stream, StreamKeyARN: key("raw"),
		}),
		"lake trust":   policies.TrustLakeFormation("aws", account, "eu-west-1"),
		"lambda trust": policies.TrustService(policies.Lambda, account),
		"glue trust":   policies.TrustGlue(),
		"people trust": policies.TrustPrincipals("arn:aws:iam::123456789012:role/exporter"),
		"key": policies.KeyPolicy(policies.KeyRefs{
			Partition: "aws", Account: account, Region: "eu-west-1", Via: []string{"s3", "sqs"},
			Services: []string{policies.S3}, LogGroups: true, EventRules: true,
			RoleARN: "arn:aws:iam::123456789012:role/catalog",
		}),
		"layer bucket": policies.LayerBucket(raw, key("raw")),
		"audit bucket": policies.AuditBucket(logs,
			policies.TrailRefs{ARN: "arn:aws:cloudtrail:eu-west-1:123456789012:trail/t", Account: account}),
		"logs bucket": policies.LogsBucket(policies.LogsBucketRefs{
			BucketARN: logs, Account: account, SourceARNs: []string{raw},
		}),
		"notification queue": policies.NotificationQueue(queue, landing, account),
		"dead letters":       policies.PrivateQueue(queue),
		"undelivered":        policies.UndeliveredEvents(queue),
		"alarm topic":        policies.AlarmTopic(topic, account),
		"events topic":       policies.Topic(policies.EventsPublish(topic, account)),
	}
}

func TestEveryDocumentIsValidAndLean(t *testing.T) {
	for name, d := range everyDocument() {
		t.Run(name, func(t *testing.T) {
			require.NoError(t, d.Validate())
			assert.Empty(t, policies.Lint(d))
			back, err := policies.Parse(d.JSON())
			require.NoError(t, err)
			assert.Empty(t, policies.Lint(back), "as recorded in a resource")
		})
	}
}

// TestDatasetsFitTheLimit grows a pipeline far beyond today's and asks AWS's limits again.
func TestDatasetsFitTheLimit(t *testing.T) {
	r := jobRefs()
	for i := range 12 {
		r.CuratedTables = append(r.CuratedTables, fmt.Sprintf("a_curated_table_with_a_long_name_%d", i))
	}
	require.NoError(t, policies.CurateJob(r).Validate())
	var sources []string
	for i := range 40 {
		sources = append(sources, fmt.Sprintf("arn:aws:s3:::dataplatform-prod-some-layer-%08x", i))
	}
	require.NoError(t,
		policies.LogsBucket(policies.LogsBucketRefs{BucketARN: logs, Account: account, SourceARNs: sources}).Validate())
}

// TestWhatEachRoleCanDo asks what power a role has. Most lines are refusals: those are the ones that go unnoticed.
func TestWhatEachRoleCanDo(t *testing.T) {
	yes, no := policies.Allowed, policies.NotAllowed
	tests := []struct {
		role, action, resource string
		want                   policies.Decision
	}{
		{"clicks", "kinesis:GetRecords", stream, yes},
		{"clicks", "kinesis:PutRecord", stream, no},
		{"clicks", "kinesis:GetRecords", stream + "-other", no},
		{"clicks", "s3:PutObject", raw + "/quarantine/clicks/a", yes},
		{"clicks", "s3:PutObject", raw + "/quarantine/clicks/reason=wrong_type/a", yes},
		{"clicks", "s3:PutObject", discarded + "/aws/lambda/uuid/shard/a", yes},
		{"clicks", "s3:PutObject", raw + "/aws/lambda/uuid/shard/a", no},
		{"clicks", "s3:ListBucket", discarded, yes}, // as Lambda checks the bucket of failures: maybe without a prefix
		{"clicks", "s3:ListBucket", processed, no},
		{"clicks", "s3:PutObject", raw + "/sales/a", no},
		{"clicks", "s3:PutObject", raw + "/quarantine/sales/a", no},
		{"clicks", "s3:GetObject", raw + "/clicks/a", no},
		{"clicks", "s3:DeleteObject", raw + "/clicks/a", no},
		{"clicks", "s3:PutObject", processed + "/clicks/a", yes},
		{"clicks", "s3:PutObject", processed + "/sales/a", no},
		{"clicks", "s3:PutObject", curated + "/sessions/a", no},
		{"clicks", "kms:GenerateDataKey", key("processed"), yes},
		{"clicks", "kms:Decrypt", key("stream"), yes},
		{"clicks", "kms:GenerateDataKey", key("stream"), no},
		{"clicks", "kms:Decrypt", key("curated"), no},

		{"process job", "s3:GetObject", processed + "/customers/data/a", yes},
		{"process job", "glue:GetTable", glue + "table/shop_processed/customers", yes},
		{"process job", "glue:UpdateTable", glue + "table/shop_processed/customers", no},
		{"process job", "s3:PutObject", processed + "/customers/data/a", no},
		{"curate job", "s3:GetObject", processed + "/customers/data/a", no},
		{"features job", "s3:GetObject", processed + "/clicks/event_date=2026-01-01/a", yes},
		{"features job", "s3:GetObject", processed + "/sales/data/a", yes},
		{"features job", "s3:GetObject", raw + "/clicks/a", no},
		{"features job", "s3:PutObject", processed + "/clicks/a", no},
		{"features job", "s3:PutObject", features + "/training_$folder$", yes},
		{"features job", "s3:PutObject", features + "/batch_$folder$", no},
		{"feature store", "s3:PutObjectAcl", features + "/feature-store/a", yes},
		{"feature store", "s3:PutObjectAcl", features + "/training/a", no},
		{"features job", "s3:PutObject", features + "/interactions/data/a", yes},
		{"features job", "s3:DeleteObject", features + "/training/r1/train/interactions/a", yes},
		{"features job", "s3:DeleteObjectVersion", features + "/training/r1/train/interactions/a", no},
		{"features job", "s3:PutObject", features + "/batch/r1/recommendations.parquet", no},
		{"features job", "s3:PutObject", features + "/model_runs/r1.json", no},
		{"features job", "s3:PutObject", curated + "/recommendations/data/a", no},
		{"features job", "glue:UpdateTable", glue + "table/shop_processed/sales", no},
		{"features job", "glue:GetTable", glue + "table/shop_processed/sales", yes},
		{"features job", "kms:Decrypt", key("raw"), no},
		{"features job", "kms:GenerateDataKey", key("processed"), no},
		{"recommend job", "s3:GetObject", features + "/batch/r1/recommendations.parquet", yes},
		{"recommend job", "s3:GetObject", features + "/training/r1/full/products/a", yes},
		{"recommend job", "s3:PutObject", features + "/batch/r1/recommendations.parquet", no},
		{"recommend job", "s3:DeleteObject", features + "/batch/r1/recommendations.parquet", no},
		{"recommend job", "s3:GetObject", features + "/interactions/data/a", no},
		{"recommend job", "s3:PutObject", curated + "/recommendations/data/a", yes},
		{"recommend job", "s3:PutObject", curated + "/sessions/data/a", no},
		{"recommend job", "s3:GetObject", processed + "/sales/data/a", no},
		{"recommend job", "kms:GenerateDataKey", key("features"), no},
		{"maintain job with features", "s3:DeleteObject", features + "/interactions/data/a", yes},
		{"maintain job with features", "s3:DeleteObject", features + "/model_runs/r1.json", no},
		{"maintain job", "s3:DeleteObject", features + "/interactions/data/a", no},
		{"tables job with features", "s3:PutObject", features + "/products/metadata/1.json", yes},
		{"tables job with features", "s3:GetObject", features + "/products/data/a", no},
		{"erase job with features", "s3:DeleteObjectVersion", features + "/training/r1/train/interactions/a", yes},
		{"erase job with features", "s3:DeleteObjectVersion", features + "/batch/r1/recommendations.parquet", yes},
		{"erase job with features", "s3:PutObject", features + "/training/r1/train/interactions/a", no},
		{"erase job with features", "s3:DeleteObjectVersion", features + "/interactions/data/a", yes},
		{"erase job with features", "s3:DeleteObjectVersion", features + "/capture/live/a.jsonl", yes},
		{"erase job with features", "s3:GetObjectVersion", features + "/models/r1/model.tar.gz", yes},
		{"erase job with features", "s3:DeleteObjectVersion", features + "/models/r1/model.tar.gz", no},
		{"erase job with features", "s3:DeleteObjectVersion", features + "/model_runs/r1.json", no},
		{"erase job", "s3:DeleteObjectVersion", features + "/training/r1/train/interactions/a", no},
		{"export job with features", "s3:GetObjectVersion", features + "/capture/live/a.jsonl", yes},
		{"export job with features", "s3:PutObject", features + "/capture/live/a.jsonl", no},
		{"export job with features", "s3:GetObjectVersion", raw + "/assets/a.jpg", yes},
		{"export job with features", "s3:PutObject", raw + "/sales/a.csv.gz", no},
		{"export job with features", "s3:GetObject", raw + "/discovery/feed/a.csv", policies.Denied},
		{"erase job", "s3:PutObject", raw + "/discovery/feed/a.csv", policies.Denied},
		{"erase job with features", "s3:PutObject", raw + "/assets/a.jpg", policies.Denied},
		{"erase job", "s3:PutObject", processed + "/thumbnails/a/256.jpg", no},
		{"erase job", "s3:PutObject", processed + "/a_new_table/data/a.parquet", yes},
		{"maintain job", "s3:DeleteObject", processed + "/clicks/event_date=2026-01-01/a", no},
		{"maintain job", "s3:DeleteObject", processed + "/a_new_table/data/a", yes},
		{"maintain job", "glue:UpdateTable", glue + "table/shop_processed/clicks", policies.Denied},
		{"maintain job", "glue:UpdateTable", glue + "table/shop_raw/sales", no},
		{"export job with features", "s3:DeleteObject", raw + "/sales/a.csv.gz", no},
		{"export job with features", "s3:PutObject", artifacts + "/exports/r1/manifest.json", yes},
		{"export job with features", "s3:DeleteObject", artifacts + "/exports/r1/manifest.json", no},
		{"export job with features", "s3:GetObject", artifacts + "/erasures/r1.json", no},
		{"export job with features", "glue:UpdateTable", glue + "table/shop_processed/sales", no},

		{"lake reader", "s3:GetObject", curated + "/sessions/a", yes},
		{"lake reader", "s3:GetObject", processed + "/sales/a", no},
		{"lake reader", "s3:PutObject", curated + "/sessions/a", no},
		{"lake reader", "s3:DeleteObject", curated + "/sessions/a", no},
		{"lake reader", "kms:Decrypt", key("curated"), yes},
		{"lake reader", "kms:GenerateDataKey", key("curated"), no},
		{"lake reader", "kms:Decrypt", key("artifacts"), no},

		{"lake", "lakeformation:RevokePermissions", "*", yes},
		{"lake", "lakeformation:RegisterResource", "*", no},
		{"lake", "dynamodb:PutItem", leases, yes},
		{"lake", "dynamodb:UpdateItem", leases, no},
		{"lake", "dynamodb:PutItem", files, no},
		{"lake", "glue:UpdateDatabase", glue + "database/shop_raw", yes},
		{"lake", "glue:UpdateDatabase", glue + "database/other", no},
		{"lake", "glue:GetTable", glue + "table/shop_raw/sales", yes},
		{"lake", "glue:GetTable", glue + "table/shop_processed/clicks", no},
		{"lake", "glue:UpdateTable", glue + "table/shop_raw/sales", no},

		{"landing", "s3:GetObject", landing + "/sales/orders.csv", yes},
		{"landing", "s3:GetObjectVersion", landing + "/sales/orders.csv", yes},
		{"landing", "s3:DeleteObject", landing + "/sales/orders.csv", no},
		{"landing", "s3:PutObject", raw + "/quarantine/sales/a", yes},
		{"landing", "s3:PutObject", raw + "/quarantine-files/unknown/a", yes},
		{"landing", "s3:PutObject", raw + "/clicks/a", no},
		{"landing", "s3:GetObject", raw + "/sales/a", no},
		{"landing", "s3:DeleteObject", raw + "/sales/a", no},
		{"clicks", "dynamodb:PutItem", hours, yes},
		{"clicks", "dynamodb:DeleteItem", hours, no},
		{"clicks", "dynamodb:PutItem", files, no},
		{"landing", "dynamodb:PutItem", files, yes},
		{"landing", "dynamodb:DeleteItem", files, no},
		{"landing", "dynamodb:UpdateItem", files, no},
		{"landing", "dynamodb:PutItem", leases, no},
		{"landing", "sqs:SendMessage", queue, no},

		{"assets", "s3:GetObjectVersion", raw + "/assets/products/1/a.jpg", yes},
		{"assets", "s3:GetObject", raw + "/sales/a", no},
		{"assets", "s3:GetObject", raw + "/assets-rows/a", no},
		{"assets", "s3:PutObject", raw + "/assets/a.jpg", no},
		{"assets", "s3:DeleteObject", raw + "/assets/a.jpg", no},
		{"assets", "s3:PutObject", raw + "/assets-rows/ingest_date=2026-01-01/a", yes},
		{"assets", "s3:PutObject", raw + "/quarantine/assets/reason=broken_image/a", yes},
		{"assets", "s3:PutObject", raw + "/quarantine/sales/a", no},
		{"assets", "s3:PutObject", processed + "/thumbnails/a/256.jpg", yes},
		{"assets", "s3:PutObject", processed + "/assets/data/a", no},
		{"assets", "s3:GetObject", processed + "/thumbnails/a/256.jpg", no},
		{"assets", "dynamodb:PutItem", files, yes},
		{"assets", "dynamodb:UpdateItem", files, no},
		{"assets", "kms:Decrypt", key("raw"), yes},
		{"assets", "kms:Decrypt", key("curated"), no},
		{"assets", "sqs:SendMessage", queue, no},

		{"asset source", "s3:PutObject", raw + "/assets/a.jpg", yes},
		{"asset source", "s3:DeleteObject", raw + "/assets/a.jpg", yes},
		{"asset source", "s3:DeleteObjectVersion", raw + "/assets/a.jpg", no},
		{"asset source", "s3:GetObject", raw + "/assets/a.jpg", no},
		{"asset source", "s3:PutObject", raw + "/assets-rows/a", no},
		{"asset source", "s3:DeleteObject", raw + "/sales/a", no},

		{"objects job", "s3:GetObject", raw + "/assets-rows/a", yes},
		{"objects job", "s3:GetObject", raw + "/assets/a.jpg", no},
		{"objects job", "s3:PutObject", raw + "/assets-rows/a", no},
		{"objects job", "s3:DeleteObject", raw + "/quarantine/assets/a", no},
		{"objects job", "s3:PutObject", processed + "/assets/data/a", yes},
		{"objects job", "s3:PutObject", processed + "/thumbnails/a", no},
		{"objects job", "glue:UpdateTable", glue + "table/shop_processed/assets", yes},
		{"objects job", "glue:UpdateTable", glue + "table/shop_processed/sales", no},
		{"objects job", "kms:GenerateDataKey", key("raw"), no},

		{"tables", "glue:StartJobRun", glue + "job/tables", yes},
		{"tables", "glue:StartJobRun", glue + "job/sales-process", no},
		{"tables", "glue:UpdateJob", glue + "job/tables", no},

		{"schemas", "glue:RegisterSchemaVersion", glue + "schema/shop/raw.clicks.v1", yes},
		{"schemas", "glue:RegisterSchemaVersion", glue + "schema/other/raw.clicks.v1", no},
		{"schemas", "glue:GetSchemaVersion", glue + "schema/shop/raw.clicks.v1", yes},
		{"schemas", "glue:DeleteSchemaVersions", glue + "schema/shop/raw.clicks.v1", no},
		{"schemas", "glue:UpdateSchema", glue + "schema/shop/raw.clicks.v1", no},

		{"process job", "s3:GetObject", raw + "/sales/a", yes},
		{"process job", "s3:PutObject", raw + "/sales/a", no},
		{"process job", "s3:DeleteObject", raw + "/sales/a", no},
		{"process job", "s3:GetObject", raw + "/clicks/a", no},
		{"process job", "s3:DeleteObject", raw + "/quarantine/sales/reason=wrong_type/a", yes},
		{"process job", "s3:DeleteObject", raw + "/quarantine/clicks/a", no},
		{"process job", "s3:PutObject", processed + "/sales/data/a", yes},
		{"process job", "s3:DeleteObjectVersion", processed + "/sales/data/a", no},
		{"process job", "s3:PutObject", curated + "/sales_hourly/a", no},
		{"process job", "glue:UpdateTable", glue + "table/shop_processed/sales", yes},
		{"process job", "glue:UpdateTable", glue + "table/shop_curated/sales_hourly", no},
		{"process job", "glue:DeleteTable", glue + "table/shop_processed/sales", no},
		{"process job", "dynamodb:UpdateItem", files, yes},
		{"process job", "dynamodb:Query", files + "/index/by_arrival", yes},
		{"process job", "dynamodb:DeleteItem", files, no},
		{"process job", "s3:GetObject", artifacts + "/glue/jobs/process.py", yes},
		{"process job", "s3:PutObject", artifacts + "/glue/jobs/process.py", no},
		{"process job", "s3:PutObject", artifacts + "/runs/sales/run/process.json", yes},
		{"process job", "s3:PutObject", artifacts + "/runs/clicks/run/process.json", no},
		{"process job", "kms:Decrypt", key("curated"), no},

		{"curate job", "s3:GetObject", processed + "/sales/data/a", yes},
		{"curate job", "s3:PutObject", processed + "/sales/data/a", no},
		{"curate job", "s3:GetObject", processed + "/products/data/a", yes},
		{"curate job", "s3:PutObject", processed + "/products/metadata/a", no},
		{"curate job", "s3:GetObject", processed + "/customers/data/a", no},
		{"curate job", "s3:GetObject", raw + "/products/a", no},
		{"curate job", "glue:GetTable", glue + "table/shop_processed/products", yes},
		{"curate job", "glue:UpdateTable", glue + "table/shop_processed/products", no},
		{"curate job", "glue:GetTable", glue + "table/shop_processed/customers", no},
		{"process job", "s3:GetObject", processed + "/products/data/a", no},
		{"curate job", "s3:PutObject", raw + "/quarantine/sales/a", no},
		{"curate job", "s3:PutObject", curated + "/sales_hourly/data/a", yes},
		{"curate job", "s3:PutObject", curated + "/sessions/data/a", no},
		{"curate job", "glue:UpdateTable", glue + "table/shop_curated/sales_hourly", yes},
		{"curate job", "glue:GetTable", glue + "table/shop_processed/sales", yes},
		{"curate job", "glue:UpdateTable", glue + "table/shop_processed/sales", no},
		{"curate job", "dynamodb:UpdateItem", files, yes},
		{"curate job", "dynamodb:PutItem", files, no},
		{"curate job", "dynamodb:Query", hours, no},
		{"stream's curate job", "dynamodb:Query", hours, yes},
		{"stream's curate job", "dynamodb:DeleteItem", hours, yes},
		{"stream's curate job", "dynamodb:UpdateItem", hours, yes},
		{"stream's curate job", "dynamodb:PutItem", hours, no},
		{"stream's curate job", "dynamodb:Query", files, no},
		{"curate job", "dynamodb:PutItem", leases, yes},
		{"curate job", "kms:GenerateDataKey", key("raw"), no},

		{"tables job", "glue:UpdateTable", glue + "table/shop_curated/sales_hourly", yes},
		{"tables job", "glue:DeleteTable", glue + "table/shop_curated/sales_hourly", no},
		{"tables job", "s3:PutObject", curated + "/sales_hourly/metadata/a", yes},
		{"tables job", "s3:DeleteObject", curated + "/sales_hourly/data/a", no},
		{"tables job", "s3:GetObject", raw + "/sales/a", no},

		{"pipeline", "glue:StartJobRun", glue + "job/sales-process", yes},
		{"pipeline", "glue:StartJobRun", glue + "job/clicks-curate", no},
		{"pipeline", "s3:GetObject", artifacts + "/runs/sales/run/process.json", yes},
		{"pipeline", "s3:GetObject", artifacts + "/glue/jobs/process.py", no},
		{"pipeline", "s3:GetObject", raw + "/sales/a", no},
		{"pipeline", "sns:Publish", topic, yes},
		{"pipeline", "events:PutEvents", bus, yes},
		{"pipeline", "states:StartExecution", stateMachine, no},

		{"schedule", "states:StartExecution", stateMachine, yes},
		{"schedule", "states:StartExecution", stateMachine + "-other", no},
		{"schedule", "states:StopExecution", stateMachine, no},
		{"schedule", "sqs:SendMessage", queue, yes},
		{"schedule", "sqs:ReceiveMessage", queue, no},

		{"reader", "athena:StartQueryExecution", "arn:aws:athena:eu-west-1:123456789012:workgroup/analysts", yes},
		{"reader", "athena:StartQueryExecution", "arn:aws:athena:eu-west-1:123456789012:workgroup/engineers", no},
		{"reader", "athena:StartQueryExecution", "arn:aws:athena:eu-west-1:123456789012:workgroup/primary", no},
		{"reader", "athena:GetQueryResults", "arn:aws:athena:eu-west-1:123456789012:workgroup/engineers", no},
		{"reader", "athena:UpdateWorkGroup", "arn:aws:athena:eu-west-1:123456789012:workgroup/analysts", no},
		{"reader", "s3:GetObject", artifacts + "/athena-results/analysts/a.csv", yes},
		{"reader", "s3:ListMultipartUploadParts", artifacts + "/athena-results/analysts/a.csv", yes},
		{"reader", "s3:ListBucketMultipartUploads", artifacts, yes},
		{"reader", "s3:PutObject", artifacts + "/athena-results/analysts/a.csv", yes},
		{"reader", "s3:GetObject", artifacts + "/athena-results/engineers/a.csv", no},
		{"reader", "s3:DeleteObject", artifacts + "/athena-results/analysts/a.csv", no},
		{"reader", "s3:GetObject", artifacts + "/glue/jobs/process.py", no},
		{"reader", "s3:GetObject", curated + "/sales_hourly/data/a", no},
		{"reader", "glue:GetTable", glue + "table/shop_curated/sales_hourly", yes},
		{"reader", "glue:GetTable", glue + "table/shop_raw/clicks", no},
		{"reader", "glue:UpdateTable", glue + "table/shop_curated/sales_hourly", no},
		{"reader", "lakeformation:GetDataAccess", "*", yes},
		{"reader", "lakeformation:GrantPermissions", "*", no},
		{"reader", "kms:Decrypt", key("artifacts"), yes},
		{"reader", "kms:Decrypt", key("curated"), no},

		{"crawler", "s3:GetObject", raw + "/discovery/feed/a.json", yes},
		{"crawler", "s3:GetObject", raw + "/clicks/a", no},
		{"crawler", "s3:PutObject", raw + "/discovery/feed/a.json", no},
		{"crawler", "glue:CreateTable", glue + "table/shop_raw/discovery_feed", yes},
		{"crawler", "glue:UpdateTable", glue + "table/shop_raw/clicks", no},
		{"crawler", "logs:CreateLogGroup",
			"arn:aws:logs:eu-west-1:123456789012:log-group:/aws-glue/crawlers:log-stream:", yes},
		{"crawler", "logs:CreateLogGroup",
			"arn:aws:logs:eu-west-1:123456789012:log-group:/aws-glue/jobs:log-stream:", no},
		{"crawler", "glue:DeleteTable", glue + "table/shop_raw/discovery_feed", no},

		{"producer", "s3:PutObject", landing + "/sales/orders.csv", yes},
		{"producer", "s3:PutObject", landing + "/clicks/a", no},
		{"producer", "s3:GetObject", landing + "/sales/orders.csv", no},
		{"producer", "s3:DeleteObject", landing + "/sales/orders.csv", no},
		{"producer", "s3:ListBucket", landing, no},
		{"producer", "s3:PutObject", raw + "/sales/a", no},
	}
	documents := everyDocument()
	for _, tt := range tests {
		t.Run(tt.role+" "+tt.action+" "+tt.resource, func(t *testing.T) {
			d, ok := documents[tt.role]
			require.True(t, ok)
			got, err := policies.Evaluate(policies.Request{Action: tt.action, Resource: tt.resource}, d)
			require.NoError(t, err)
			assert.Equal(t, tt.want, got)
		})
	}
}

// TestRawIsWrittenOnce: by roles that cannot read it, and only where nothing is yet.
func TestRawIsWrittenOnce(t *testing.T) {
	documents := everyDocument()
	for role, object := range map[string]string{"clicks": raw + "/clicks/a", "landing": raw + "/sales/a"} {
		for _, tt := range []struct {
			action  string
			context map[string]string
			want    policies.Decision
		}{
			{"s3:PutObject", map[string]string{"s3:if-none-match": "*"}, policies.Allowed},
			{"s3:PutObject", nil, policies.NotAllowed},
			{"s3:GetObjectTagging", nil, policies.Allowed},
			{"s3:GetObject", nil, policies.NotAllowed},
			{"s3:DeleteObjectTagging", nil, policies.NotAllowed},
		} {
			got, err := policies.Evaluate(policies.Request{
				Action: tt.action, Resource: object, Context: tt.context,
			}, documents[role])
			require.NoError(t, err)
			assert.Equal(t, tt.want, got, "%s: %s %v", role, tt.action, tt.context)
		}
	}
}

func TestListingStaysBelowThePrefix(t *testing.T) {
	documents := everyDocument()
	tests := []struct {
		role, bucket, prefix string
		want                 policies.Decision
	}{
		{"process job", raw, "sales/ingest_date=2026-01-01/", policies.Allowed},
		{"process job", raw, "clicks/", policies.NotAllowed},
		{"process job", raw, "", policies.NotAllowed},
		{"process job", processed, "sales/", policies.NotAllowed}, // Iceberg's metadata names its files
		{"curate job", raw, "quarantine/sales/", policies.NotAllowed},
		{"curate job", curated, "sales_hourly/", policies.NotAllowed},
		{"crawler", raw, "discovery/", policies.Allowed},
		{"maintain job", processed, "a_new_table/data/", policies.Allowed},
		{"maintain job", processed, "clicks/event_date=2026-01-01/", policies.NotAllowed},
		{"maintain job", processed, "thumbnails/", policies.NotAllowed},
		{"maintain job", processed, "", policies.NotAllowed},
		{"erase job", raw, "sales/ingest_date=2026-01-01/", policies.Allowed},
		{"erase job", raw, "discovery/", policies.NotAllowed},
		{"export job with features", raw, "discovery/", policies.NotAllowed},
		{"erase job", raw, "", policies.NotAllowed},
		{"crawler", raw, "sales/", policies.NotAllowed},
		{"clicks", discarded, "aws/lambda/uuid", policies.Allowed},
		{"objects job", raw, "assets-rows/ingest_date=2026-01-01/", policies.Allowed},
		{"objects job", raw, "assets/", policies.NotAllowed},
	}
	for _, tt := range tests {
		got, err := policies.Evaluate(policies.Request{
			Action: "s3:ListBucket", Resource: tt.bucket, Context: map[string]string{"s3:prefix": tt.prefix},
		}, documents[tt.role])
		require.NoError(t, err)
		assert.Equal(t, tt.want, got, "%s lists %s below %q", tt.role, tt.bucket, tt.prefix)
	}
}

// TestReadersOfFoldersSeeWhatIsGone: S3 asks for a list without a prefix before it says so.
func TestReadersOfFoldersSeeWhatIsGone(t *testing.T) {
	documents := everyDocument()
	for _, tt := range []struct {
		name, bucket string
		document     policies.Document
		want         policies.Decision
	}{
		{"stream's curate job", raw, documents["stream's curate job"], policies.Allowed},
		{"stream's curate job", processed, documents["stream's curate job"], policies.Allowed},
		{"stream's curate job", curated, documents["stream's curate job"], policies.NotAllowed},
		{"objects job", raw, documents["objects job"], policies.Allowed},
		{"objects job", processed, documents["objects job"], policies.NotAllowed},
		{"curate job", raw, documents["curate job"], policies.NotAllowed},
		{"process job", raw, documents["process job"], policies.NotAllowed},
	} {
		got, err := policies.Evaluate(policies.Request{Action: "s3:ListBucket", Resource: tt.bucket}, tt.document)
		require.NoError(t, err)
		assert.Equal(t, tt.want, got, "%s of %s", tt.name, tt.bucket)
		got, err = policies.Evaluate(policies.Request{
			Action: "s3:ListBucket", Resource: tt.bucket, Context: map[string]string{"s3:prefix": "other/"},
		}, tt.document)
		require.NoError(t, err)
		assert.Equal(t, policies.NotAllowed, got, "%s lists below another prefix of %s", tt.name, tt.bucket)
	}
}

func TestMetricsStayInTheirNamespace(t *testing.T) {
	for namespace, want := range map[string]policies.Decision{
		"Glue": policies.Allowed, "AWS/Billing": policies.NotAllowed,
	} {
		got, err := policies.Evaluate(policies.Request{
			Action: "cloudwatch:PutMetricData", Resource: "*",
			Context: map[string]string{"cloudwatch:namespace": namespace},
		},
			everyDocument()["process job"])
		require.NoError(t, err)
		assert.Equal(t, want, got, namespace)
	}
}
