package target

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/aws/arn"
	"github.com/aws/aws-sdk-go-v2/service/sts"
)

// Caller is the part of the STS client that says whose account it is.
type Caller interface {
	GetCallerIdentity(
		context.Context, *sts.GetCallerIdentityInput, ...func(*sts.Options),
	) (*sts.GetCallerIdentityOutput, error)
}

// RefusedError says why nothing was done.
type RefusedError struct{ Reason string }

func (e RefusedError) Error() string { return "refused, nothing was changed: " + e.Reason }

// Question is what a command asks before it writes or deletes.
type Question struct {
	Caller Caller
	In     io.Reader
	Out    io.Writer
	// Yes says that the answer was given with the command.
	Yes bool
}

// Confirm prints which stack, account and region what is about to change lies in, and on AWS wants the stack's name
// typed, unless the answer is Yes. Credentials of another account than the stack's are refused: there might be a stack
// like it.
func (t Target) Confirm(ctx context.Context, what string, q Question) error {
	account, err := AccountOf(ctx, q.Caller)
	if err != nil {
		return err
	}
	name := t.Stack
	if name == "" { // outputs of a stack that was deployed before it exported its name
		name = account
	}
	fmt.Fprintf(q.Out, "Stack %s, account %s, region %s: %s\n", name, account, t.Outputs.Region, what)
	if topic, err := arn.Parse(t.Outputs.AlarmsTopic); err == nil && topic.AccountID != account {
		return RefusedError{fmt.Sprintf("the credentials are of account %s, the stack is in %s", account,
			topic.AccountID)}
	}
	if t.Here || q.Yes {
		return nil
	}
	return Typed(name, "Type "+name+" to go on, or give --yes: ", q.In, q.Out)
}

// Typed asks for a name and refuses any other answer.
func Typed(name, question string, in io.Reader, out io.Writer) error {
	fmt.Fprint(out, question)
	answer, err := bufio.NewReader(in).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return fmt.Errorf("read the answer: %w", err)
	}
	if got := strings.TrimRight(answer, "\r\n"); got != name {
		return RefusedError{fmt.Sprintf("the answer was %q, not %q", got, name)}
	}
	return nil
}

// AccountOf is the account of the credentials.
func AccountOf(ctx context.Context, caller Caller) (string, error) {
	identity, err := caller.GetCallerIdentity(ctx, &sts.GetCallerIdentityInput{})
	if err != nil {
		return "", fmt.Errorf("whose account it is: %w", err)
	}
	return aws.ToString(identity.Account), nil
}
