package cost

import (
	"errors"
	"fmt"
	"slices"
)

// homeRegion is the region whose price stands in where a region has none of its own.
const homeRegion = "us-east-1"

// Price is what one source says a quantity costs in one region.
type Price struct {
	ID string `yaml:"id"`
	// USD for Per units; nil when no source could be read.
	USD    *float64 `yaml:"usd"`
	Per    float64  `yaml:"per"`
	Unit   string   `yaml:"unit"`
	Region string   `yaml:"region"`
	Source string   `yaml:"source"`
	Date   string   `yaml:"date"`
	// Dated is "read" when the source names no date and Date is the day it was read.
	Dated string `yaml:"dated"`
}

// Prices are the rows by their id.
type Prices map[string][]Price

func newPrices(rows []Price) (Prices, error) {
	prices := Prices{}
	var errs []error
	for _, row := range rows {
		problem := ""
		switch {
		case row.ID == "" || row.Unit == "" || row.Region == "" || row.Per <= 0:
			problem = "needs id, unit, region and per"
		case row.USD != nil && (row.Source == "" || row.Date == ""):
			problem = "has a price without source and date"
		case row.USD != nil && *row.USD < 0:
			problem = "is below 0"
		case row.Dated != "" && row.Dated != "read":
			problem = "dated is only ever read"
		case slices.ContainsFunc(prices[row.ID], func(other Price) bool { return other.Region == row.Region }):
			problem = "is there twice"
		}
		if problem != "" {
			errs = append(errs, fmt.Errorf("%s %s: %s", row.ID, row.Region, problem))
		}
		prices[row.ID] = append(prices[row.ID], row)
	}
	return prices, errors.Join(errs...)
}

// in finds the row for a region: its own, or that of the home region.
func (p Prices) in(id, region string) (Price, error) {
	for _, wanted := range []string{region, homeRegion} {
		for _, row := range p[id] {
			if row.Region == wanted {
				return row, nil
			}
		}
	}
	return Price{}, fmt.Errorf("cost/prices.yaml has no row %s for %s or %s", id, region, homeRegion)
}
