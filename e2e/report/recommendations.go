package report

import (
	"fmt"
	"io"
)

// Recommendations is the report of one run that trained a model. Recall is of what customers bought in the days that
// were held out, the share among twenty products; it is 0 where nothing was evaluated.
type Recommendations struct {
	RunID string `json:"runId"`
	// Gate is passed, refused or failed, with the reasons why.
	Gate               string  `json:"gate"`
	Reasons            string  `json:"reasons,omitempty"`
	RecallAt20         float64 `json:"recallAt20"`
	RecallLower        float64 `json:"recallLower"`
	BaselineRecallAt20 float64 `json:"baselineRecallAt20"` // of showing everybody the bestsellers
	NDCGAt20           float64 `json:"ndcgAt20"`
	// ColdStartRecallAt20 is among products nobody had to do with before, and null where none of them was bought.
	ColdStartRecallAt20 *float64 `json:"coldStartRecallAt20"`
	Customers           int      `json:"customers"` // that it was evaluated with
	Products            int      `json:"products"`
	// BestRecallAt20 is what knowing every true preference reaches: of generated sales only.
	BestRecallAt20 float64 `json:"bestRecallAt20,omitempty"`
	// Seconds the whole run took.
	Seconds float64 `json:"seconds"`
}

func (r *Recommendations) print(w io.Writer) {
	if r == nil {
		return
	}
	fmt.Fprintf(w, "recommendations: %s; recall@20 %.3f (from %.3f) for %d customers and %d products, bestsellers %.3f",
		r.Gate, r.RecallAt20, r.RecallLower, r.Customers, r.Products, r.BaselineRecallAt20)
	if r.BaselineRecallAt20 > 0 {
		fmt.Fprintf(w, " (%.2f times)", r.RecallAt20/r.BaselineRecallAt20)
	}
	if r.BestRecallAt20 > 0 {
		fmt.Fprintf(w, ", at best %.3f (%.0f %% of it)", r.BestRecallAt20, 100*r.RecallAt20/r.BestRecallAt20)
	}
	coldStart := "nobody bought a product that was new"
	if r.ColdStartRecallAt20 != nil {
		coldStart = fmt.Sprintf("of products that were new %.3f", *r.ColdStartRecallAt20)
	}
	fmt.Fprintf(w, "; NDCG@20 %.3f; %s; %.0f s\n", r.NDCGAt20, coldStart, r.Seconds)
}
