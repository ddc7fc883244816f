package scenarios

import (
	"bytes"
	"context"
	"encoding/csv"
	"errors"
	"io/fs"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/stretchr/testify/require"

	"dataplatform/e2e/load"
	"dataplatform/operations/statemachine"
)

// realFolder holds real order files where they lie beside the checkout.
const realFolder = "../shared/data/sales"

// realSales adds the real files, and one made of them in which prices are missing, to what was generated, and compares
// every hour's money with a computation over the files' text.
func realSales(ctx context.Context, t *testing.T, l *lake) {
	drops, err := load.ReadFolder(realFolder, "sales", time.Now())
	if _, missing := os.Stat(realFolder); errors.Is(missing, fs.ErrNotExist) {
		t.Logf("no real files beside this checkout: %v; the generated ones alone are compared", missing)
	} else {
		require.NoError(t, err)
		drops = append(drops, withoutPrices(t, drops[len(drops)-1]))
		l.drop(ctx, t, drops)
		require.NoError(t, l.stateMachines.Backfill(ctx, l.Outputs.StateMachines["sales"].Backfill, thirds(drops)))
	}
	counts := l.countSales(ctx, t)
	require.Empty(t, counts.LostIDs)
	require.Empty(t, counts.InventedIDs)
	require.Equal(t, counts.Received, counts.Processed+counts.Duplicates+counts.Quarantined)
	l.requireAgreements(ctx, t)

	want := directMoney(t, l.drops, l.arrivals(ctx, t))
	got := map[string]money{}
	for _, row := range l.rows(ctx, t,
		`SELECT CAST(hour_start AS varchar), CAST(sum(net_revenue) AS varchar), CAST(sum(imputed_revenue) AS varchar),
		CAST(sum(fee_value) AS varchar), CAST(sum(lines) AS varchar) FROM "%s"."sales_hourly" GROUP BY hour_start`,
		l.Outputs.Databases["curated"]) {
		lines, err := strconv.Atoi(row[4])
		require.NoError(t, err)
		got[row[0][:len("2006-01-02 15")]] = money{
			net: units(t, row[1]), imputed: units(t, row[2]), fees: units(t, row[3]), lines: lines,
		}
	}
	require.Equal(t, want, got)
	sum := money{}
	for _, hour := range want {
		sum.net, sum.imputed, sum.lines = sum.net+hour.net, sum.imputed+hour.imputed, sum.lines+hour.lines
	}
	require.Positive(t, sum.imputed, "some revenue has to be imputed, or nothing was shown about it")
	t.Logf("%d lines, revenue %d.%04d, of it imputed %d.%04d", sum.lines, sum.net/unit, sum.net%unit, sum.imputed/unit,
		sum.imputed%unit)
}

// withoutPrices moves a day's orders to the day after and blanks every seventh price.
func withoutPrices(t *testing.T, drop load.Drop) load.Drop {
	t.Helper()
	rows, err := csv.NewReader(bytes.NewReader(drop.Content)).ReadAll()
	require.NoError(t, err)
	for i, row := range rows[1:] {
		at, err := time.Parse(time.DateTime, row[4])
		require.NoError(t, err)
		row[4] = at.AddDate(0, 0, 1).Format(time.DateTime)
		if i%7 == 0 {
			row[5] = ""
		}
	}
	var content bytes.Buffer
	require.NoError(t, csv.NewWriter(&content).WriteAll(rows))
	return load.Drop{Name: "prices-missing.csv", Content: content.Bytes(), Arrival: drop.Arrival.AddDate(0, 0, 1)}
}

// thirds cuts the span in which drops arrive into three chunks.
func thirds(drops []load.Drop) []string {
	byArrival := func(a, b load.Drop) int { return a.Arrival.Compare(b.Arrival) }
	start, end := slices.MinFunc(drops, byArrival).Arrival, slices.MaxFunc(drops, byArrival).Arrival.Add(time.Hour)
	third := (end.Sub(start) / 3).Truncate(time.Hour)
	return []string{
		statemachine.Interval(start, start.Add(third)), statemachine.Interval(start.Add(third), start.Add(2*third)),
		statemachine.Interval(start.Add(2*third), end),
	}
}

// arrivals are the arrival times that the platform's ledger of files has, by digest.
func (l *lake) arrivals(ctx context.Context, t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	pages := dynamodb.NewQueryPaginator(dynamodb.NewFromConfig(l.config), &dynamodb.QueryInput{
		TableName: aws.String(l.Outputs.Tables["files"]), KeyConditionExpression: aws.String("dataset = :dataset"),
		ExpressionAttributeValues: map[string]types.AttributeValue{
			":dataset": &types.AttributeValueMemberS{Value: "sales"},
		},
	})
	for pages.HasMorePages() {
		page, err := pages.NextPage(ctx)
		require.NoError(t, err)
		for _, item := range page.Items {
			digest, arrival := text(t, item["file_id"]), text(t, item["arrival"])
			found[digest] = arrival
		}
	}
	return found
}

func text(t *testing.T, value types.AttributeValue) string {
	t.Helper()
	member, ok := value.(*types.AttributeValueMemberS)
	require.True(t, ok, "%v is no text", value)
	return member.Value
}

// unit is what money is counted in: ten thousandths of a pound.
const unit = 10_000

type money struct {
	net, imputed, fees int64
	lines              int
}

// units reads a decimal number, of which the digits after the fourth have to be zeros.
func units(t *testing.T, text string) int64 {
	t.Helper()
	whole, fraction, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	fraction = strings.TrimRight(fraction, "0")
	require.LessOrEqual(t, len(fraction), 4, text)
	n, err := strconv.ParseInt(whole+(fraction + "0000")[:4], 10, 64)
	require.NoError(t, err, text)
	if strings.HasPrefix(text, "-") {
		return -n
	}
	return n
}

// orderLine is a line that can be used.
type orderLine struct {
	key, code       string
	at              time.Time // UTC
	day             time.Time
	quantity, price int64 // price in units
	priced          bool
	arrival, digest string
	number          int
}

var (
	wholeNumber = regexp.MustCompile(`^[+-]?[0-9]+(\.0+)?$`)
	feeCodes    = []string{"POST", "DOT", "D", "M", "S", "C2", "C3", "B", "BANK CHARGES", "AMAZONFEE", "CRUK", "PADS",
		"ADJUST", "ADJUST2"}
)

// directMoney adds up the files' lines by hour as the contract of processed.sales describes them, without the platform.
func directMoney(t *testing.T, drops []load.Drop, arrivals map[string]string) map[string]money {
	t.Helper()
	var lines []orderLine
	seen := map[string]bool{}
	for _, drop := range drops {
		digest := load.Digest(drop.Content)
		if arrival, stored := arrivals[digest]; stored && !seen[digest] {
			seen[digest] = true
			lines = append(lines, usable(t, drop.Content, digest, arrival)...)
		}
	}
	slices.SortFunc(lines, func(a, b orderLine) int {
		if order := strings.Compare(a.arrival+a.digest, b.arrival+b.digest); order != 0 {
			return order
		}
		return a.number - b.number
	})
	lines = slices.DeleteFunc(lines, func() func(orderLine) bool { // of equal lines the first
		kept := map[string]bool{}
		return func(line orderLine) bool {
			again := kept[line.key]
			kept[line.key] = true
			return again
		}
	}())
	prices := map[string][]orderLine{}
	for _, line := range lines {
		if line.priced && line.price > 0 {
			prices[line.code] = append(prices[line.code], line)
		}
	}
	hours := map[string]money{}
	for _, line := range lines {
		if !line.priced {
			if line.price = median(line, prices[line.code]); line.price == 0 {
				continue // quarantined
			}
		}
		hour := hours[line.at.Format("2006-01-02 15")]
		hour.lines++
		total := line.price * line.quantity
		switch {
		case line.price == 0:
		case slices.Contains(feeCodes, line.code):
			hour.fees += total
		default:
			hour.net += total
			if !line.priced {
				hour.imputed += total
			}
		}
		hours[line.at.Format("2006-01-02 15")] = hour
	}
	return hours
}

func usable(t *testing.T, content []byte, digest, arrival string) []orderLine {
	t.Helper()
	london, err := time.LoadLocation("Europe/London")
	require.NoError(t, err)
	rows, err := csv.NewReader(bytes.NewReader(content)).ReadAll()
	require.NoError(t, err)
	var lines []orderLine
	for i, row := range rows[1:] {
		for j := range row {
			row[j] = strings.TrimSpace(row[j])
		}
		at, err := time.ParseInLocation(time.DateTime, row[4], london)
		if err != nil || !wholeNumber.MatchString(row[3]) || row[0] == "" || row[1] == "" || row[7] == "" {
			continue
		}
		line := orderLine{key: load.LineKey(row), code: strings.ToUpper(row[1]), at: at.UTC(), arrival: arrival,
			digest: digest, number: i + 1}
		line.day = line.at.Truncate(24 * time.Hour)
		line.quantity, err = strconv.ParseInt(strings.Split(row[3], ".")[0], 10, 32)
		require.NoError(t, err)
		if row[5] != "" {
			line.price, line.priced = units(t, row[5]), true
		}
		lines = append(lines, line)
	}
	return lines
}

// median is the middle of a product's prices in the 30 days before a line's day, as far as they were known when the
// line arrived; 0 when there are none.
func median(line orderLine, prices []orderLine) int64 {
	var known []int64
	for _, price := range prices {
		age := line.day.Sub(price.day) / (24 * time.Hour)
		if age >= 1 && age <= 30 && price.arrival <= line.arrival {
			known = append(known, price.price)
		}
	}
	if len(known) == 0 {
		return 0
	}
	slices.Sort(known)
	middle := known[(len(known)-1)/2] + known[len(known)/2]
	return (middle + 1) / 2 // half up; prices are positive
}
