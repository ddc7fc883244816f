package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/csv"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"time"

	"dataplatform/contracts"
)

// arrival is when the canary files say that they arrived: in the first hour that tables show, long before any shop's
// files. No other file is in it, and a run of an hour so long ago is no measure of freshness.
var arrival = time.Date(2010, 1, 1, 0, 45, 0, 0, time.UTC)

// goodClicks are so many that the bad one beside them stays below the share that a run refuses.
const goodClicks = 30

// click is an event of the canary customer: a bot's, by its agent.
func (v *Verifier) click(id string, at time.Time) map[string]any {
	return map[string]any{
		"event_id": id, "event_type": "page_view", "event_time": at.Format(time.RFC3339), "visitor_id": Customer,
		"user_id": Customer, "url": "/" + Customer, "user_agent": Customer + "-bot",
	}
}

// clickID is the id of one of the clicks of this verification.
func (v *Verifier) clickID(name string) string { return Customer + "-" + v.run + "-" + name }

// clicks is a record of good events with a bad one at the end.
func (v *Verifier) clicks(at time.Time) ([]byte, error) {
	events := make([]map[string]any, 0, goodClicks+1)
	for i := range goodClicks {
		events = append(events, v.click(v.clickID(fmt.Sprintf("stream-%d", i)), at))
	}
	bad := v.click(v.clickID("bad"), at)
	bad["canary"] = true
	return json.Marshal(append(events, bad))
}

// sales is a file with one line, which is out of revenue, in the order of columns that the contract has now.
func (v *Verifier) sales() ([]byte, error) {
	contract, ok := v.Contracts.Get(contracts.LayerRaw + ".sales")
	if !ok {
		return nil, fmt.Errorf("there is no contract raw.sales")
	}
	values := map[string]string{
		"InvoiceNo": "VERIFY" + v.run, "StockCode": Customer, "Description": "canary", "Quantity": "1",
		"InvoiceDate": "2010-01-01 00:30:00", "UnitPrice": "0.00", "CustomerID": Customer, "Country": "United Kingdom",
	}
	header := contract.Headers()[0].Columns
	line := make([]string, 0, len(header))
	for _, column := range header {
		line = append(line, values[column])
	}
	var file bytes.Buffer
	err := csv.NewWriter(&file).WriteAll([][]string{header, line})
	return file.Bytes(), err
}

// badSales is a file with another header.
func (v *Verifier) badSales() []byte {
	return fmt.Appendf(nil, "CustomerID,Canary\n%s,%s\n", Customer, v.run)
}

// picture is an image that nobody else has: its pixels are this verification's name.
func (v *Verifier) picture() ([]byte, error) {
	const side = 32
	drawn := image.NewGray(image.Rect(0, 0, side, side))
	sum := sha256.Sum256([]byte(v.run))
	for i := range drawn.Pix {
		drawn.SetGray(i%side, i/side, color.Gray{Y: sum[i%len(sum)] ^ byte(i)})
	}
	var file bytes.Buffer
	err := png.Encode(&file, drawn)
	return file.Bytes(), err
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}
