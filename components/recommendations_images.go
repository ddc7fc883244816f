package components

import (
	"strings"

	"dataplatform/components/limits"
)

// Repository and tag of the container that trains and serves: scikit-learn 1.4-2 of SageMaker's prebuilt images.
const (
	modelRepository = "sagemaker-scikit-learn"
	modelTag        = "1.4-2-cpu-py3"
)

// modelImage is the URI of the container in a region.
func modelImage(region string) string {
	domain := "amazonaws.com"
	if strings.HasPrefix(region, "cn-") {
		domain = "amazonaws.com.cn"
	}
	return limits.ModelRegistry(region) + ".dkr.ecr." + region + "." + domain + "/" + modelRepository + ":" + modelTag
}

// modelRepositoryARN is of the container's repository.
func modelRepositoryARN(partition, region string) string {
	return "arn:" + partition + ":ecr:" + region + ":" + limits.ModelRegistry(region) + ":repository/" + modelRepository
}
