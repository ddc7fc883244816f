package load

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"
)

// Purchases are the products that named customers bought in order files within [from, until), by customer's number.
// Lines that are no purchase of goods, or cannot be read, are passed over, and so are files that are no orders.
func Purchases(drops []Drop, from, until time.Time) (map[string]map[string]bool, error) {
	bought := map[string]map[string]bool{}
	for _, drop := range drops {
		reader := csv.NewReader(bytes.NewReader(drop.unpacked()))
		reader.FieldsPerRecord = -1
		for {
			row, err := reader.Read()
			if errors.Is(err, io.EOF) {
				break
			}
			var broken *csv.ParseError
			if errors.As(err, &broken) {
				break
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", drop.Name, err)
			}
			if at, ok := purchase(row); ok && !at.Before(from) && at.Before(until) {
				customer := strings.TrimSuffix(strings.TrimSpace(row[colCustomer]), ".0")
				if bought[customer] == nil {
					bought[customer] = map[string]bool{}
				}
				bought[customer][strings.ToUpper(strings.TrimSpace(row[colCode]))] = true
			}
		}
	}
	return bought, nil
}

// noGoods are codes of what is no product.
var noGoods = []string{"", "POST", "D", "M", "BANK CHARGES"}

// purchase says when a line was bought, of one that is a named customer's purchase of a product.
func purchase(row []string) (time.Time, bool) {
	if len(row) != len(salesHeader) || strings.TrimSpace(row[colCustomer]) == "" ||
		slices.Contains(noGoods, strings.ToUpper(strings.TrimSpace(row[colCode]))) {
		return time.Time{}, false
	}
	quantity, err := strconv.Atoi(row[colQuantity])
	if err != nil || quantity <= 0 || row[colPrice] == "0.0" {
		return time.Time{}, false
	}
	if _, err := strconv.Atoi(strings.TrimSuffix(strings.TrimSpace(row[colCustomer]), ".0")); err != nil {
		return time.Time{}, false // a word names nobody
	}
	at, err := time.ParseInLocation(invoiceTime, row[colTime], london)
	return at, err == nil
}
