//go:build local

package stack

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	pulumiaws "github.com/pulumi/pulumi-aws/sdk/v6/go/aws"
	pulumis3 "github.com/pulumi/pulumi-aws/sdk/v6/go/aws/s3"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/stretchr/testify/require"

	"dataplatform/operations/teardown"
)

// taken is the name of a bucket that somebody has.
const taken = "somebodys-bucket"

// partly is a program of which AWS refuses one resource, on which another depends. The refusal comes last: the engine
// begins nothing after it.
func partly(ctx *pulumi.Context) error {
	resources, err := smallResources(ctx)
	if err != nil {
		return err
	}
	provider, err := pulumiaws.NewProvider(ctx, "other", &pulumiaws.ProviderArgs{Region: pulumi.String(region)})
	if err != nil {
		return err
	}
	refused, err := pulumis3.NewBucketV2(ctx, "refused", &pulumis3.BucketV2Args{Bucket: pulumi.String(taken)},
		pulumi.Provider(provider), pulumi.DependsOn(resources))
	if err != nil {
		return err
	}
	_, err = pulumis3.NewBucketV2(ctx, "waits", nil, pulumi.Provider(provider),
		pulumi.DependsOn([]pulumi.Resource{refused}))
	return err
}

// TestElsewhere deploys to an emulator that somebody else runs: all that it takes, and each refusal by its resource.
func TestElsewhere(t *testing.T) {
	theirs := start(t, small)
	take(t, theirs)
	whole, err := theirs.Up(t.Context())
	require.NoError(t, err)
	_, err = theirs.Destroy(t.Context())
	require.NoError(t, err)

	options := theirs.options
	options.Program, options.StateDir = partly, filepath.Join(t.TempDir(), "elsewhere")
	p, err := Connect(options, theirs.Endpoint)
	require.NoError(t, err)
	require.NoError(t, p.Admit(t.Context()), "whom the account has already")
	require.Equal(t, DeployerARN, p.deployer)
	made, err := p.Up(t.Context())
	require.Error(t, err)
	require.Len(t, made.Refused, 1, "%v", made.Refused)
	require.Equal(t, "aws:s3/bucketV2:BucketV2", made.Refused[0].Type)
	require.Equal(t, "refused", made.Refused[0].Name)
	require.Contains(t, made.Refused[0].Reason, "BucketAlready")
	require.Equal(t, whole.Resources+1, made.Made, "all of the small program, and the second provider")

	_, err = p.Destroy(t.Context())
	require.NoError(t, err)
	require.NoError(t, p.Close())
	left, err := theirs.Left(t.Context())
	require.NoError(t, err, "it still runs")
	require.Len(t, left, 1, "somebody's")
}

func take(t *testing.T, p *Platform) {
	t.Helper()
	_, err := buckets(p).CreateBucket(t.Context(), &s3.CreateBucketInput{
		Bucket:                    aws.String(taken),
		CreateBucketConfiguration: &types.CreateBucketConfiguration{LocationConstraint: region},
	})
	require.NoError(t, err)
}

// TestAFailedFirstUpCanBeDestroyed: it left no outputs, and its state says all that the command asks about.
func TestAFailedFirstUpCanBeDestroyed(t *testing.T) {
	p := start(t, partly)
	take(t, p)
	_, err := p.Up(t.Context())
	require.Error(t, err)
	exported, err := p.State(t.Context())
	require.NoError(t, err)
	text, err := json.Marshal(exported)
	require.NoError(t, err)
	stack := teardown.Stack{Name: Name, Region: region}
	require.NoError(t, stack.Describe(text))
	require.Equal(t, "123456789012", stack.Account)
	require.Len(t, stack.Buckets, 2)
	require.True(t, strings.HasPrefix(stack.Buckets["raw"], "dataplatform-local-raw-"), stack.Buckets)
	_, err = p.Destroy(t.Context())
	require.NoError(t, err)
}

// TestOnlyThePreviewGuardsWhatIsProtected: with the arguments of the destroy command nothing goes, whatever the
// environment says; without a preview the neighbour of what is protected is gone before the engine refuses.
func TestOnlyThePreviewGuardsWhatIsProtected(t *testing.T) {
	p := start(t, func(ctx *pulumi.Context) error {
		provider, err := pulumiaws.NewProvider(ctx, "aws", &pulumiaws.ProviderArgs{Region: pulumi.String(region)})
		if err != nil {
			return err
		}
		kept, err := pulumis3.NewBucketV2(ctx, "kept", nil, pulumi.Provider(provider), pulumi.Protect(true))
		if err != nil {
			return err
		}
		_, err = pulumis3.NewBucketV2(ctx, "neighbour", nil, pulumi.Provider(provider),
			pulumi.DependsOn([]pulumi.Resource{kept}))
		return err
	})
	_, err := p.Up(t.Context())
	require.NoError(t, err)
	for _, test := range []struct {
		arguments []string
		left      int
	}{
		{teardown.Arguments(Name), 2},
		{[]string{"destroy", "--yes", "--stack", Name}, 1},
	} {
		require.Error(t, p.pulumi(t, test.arguments...))
		listed, err := buckets(p).ListBuckets(t.Context(), &s3.ListBucketsInput{})
		require.NoError(t, err)
		require.Len(t, listed.Buckets, test.left, "%v", test.arguments)
	}
}

// pulumi runs the command line as a person does whose environment leaves previews out.
func (p *Platform) pulumi(t *testing.T, arguments ...string) error {
	t.Helper()
	command := p.command(t, "pulumi", arguments...)
	command.Env = append(command.Env, "PULUMI_OPTION_SKIP_PREVIEW=true")
	said, err := command.CombinedOutput()
	t.Logf("pulumi %s: %v\n%s", strings.Join(arguments, " "), err, said)
	return err
}

// command is a program in the project's folder, with the stack selected and the engine's command line on the path.
func (p *Platform) command(t *testing.T, name string, arguments ...string) *exec.Cmd {
	t.Helper()
	s, err := p.workspace(t.Context(), Name)
	require.NoError(t, err)
	tools := filepath.Join(p.options.Tools.Pulumi, "bin")
	if name == "pulumi" {
		name = filepath.Join(tools, name)
	}
	command := exec.CommandContext(t.Context(), name, arguments...)
	command.Dir = s.Workspace().WorkDir()
	command.Env = append(os.Environ(), "PATH="+tools+":"+os.Getenv("PATH"), "PULUMI_HOME="+s.Workspace().PulumiHome())
	for name, value := range s.Workspace().GetEnvVars() {
		command.Env = append(command.Env, name+"="+value)
	}
	return command
}

// TestTheBuiltProviderIsForEmulators: it says so, and refuses AWS. The official one, where it could be had, does
// neither.
func TestTheBuiltProviderIsForEmulators(t *testing.T) {
	p := start(t, small)
	plugins, err := filepath.Glob(filepath.Join(p.options.Tools.Plugins, "*", "pulumi-resource-aws"))
	require.NoError(t, err)
	require.Len(t, plugins, 1)
	said, err := exec.Command(plugins[0], "-version").Output()
	require.NoError(t, err)
	version, built := strings.CutSuffix(strings.TrimSpace(string(said)), "+emulators.only")
	require.Equal(t, "6.83.2", strings.TrimPrefix(version, "v"))
	if !built {
		return
	}
	options := p.options
	options.StateDir = filepath.Join(t.TempDir(), "aws")
	for address, want := range map[string]string{
		"": "no endpoint is set", "https://eu-west-1.amazonaws.com": "an endpoint is https://eu-west-1.amazonaws.com",
	} {
		real, err := Connect(options, address)
		require.NoError(t, err)
		_, err = real.Up(t.Context())
		require.ErrorContains(t, err, "compiled by the project to deploy to emulators")
		require.ErrorContains(t, err, want)
		require.NoError(t, real.Close())
	}
}
