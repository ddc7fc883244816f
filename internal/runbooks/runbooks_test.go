package runbooks

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCommands(t *testing.T) {
	const page = "Ask `dataplatform status`, or\n`dataplatform run\n--dataset <dataset>`.\n" +
		"```sh\n# first\ndataplatform replay \\\n  --dry-run\n\npulumi up\n```\n```sql\nSELECT 1\n```\n"
	assert.Equal(t, []string{"dataplatform replay --dry-run", "pulumi up"}, Commands(page))
	assert.Equal(t, []string{
		"dataplatform replay --dry-run", "dataplatform status", "dataplatform run --dataset <dataset>",
	}, Mentioned(page))
	filled, err := Fill("run --dataset <dataset>", map[string]string{"dataset": "sales"})
	require.NoError(t, err)
	assert.Equal(t, "run --dataset sales", filled)
	_, err = Fill("run --hours <start>/<end>", map[string]string{"start": "a"})
	require.EqualError(t, err, "run --hours <start>/<end>: nothing is known of <end>")
}
