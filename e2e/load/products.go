package load

import "fmt"

// product is one article of the generated shop; clicks and sales name the same ones.
type product struct {
	Code  string
	Title string
	// Pence keeps money exact.
	Pence int
}

const productCount = 200

// newcomer tells whether a product is sold from the last day of generated sales on only, though the catalog lists it
// before: whoever recommends it then knows no purchase of it. They are of all kinds of things, and twice as many as are
// recommended at once: else whoever shows all of them would be right.
func newcomer(i int) bool { return i%5 == 4 }

var (
	materials    = []string{"RED", "BLUE", "VINTAGE", "WOODEN", "GLASS", "CERAMIC", "WHITE", "RETRO"}
	productKinds = []string{"LANTERN", "MUG", "CUSHION", "CLOCK", "TEAPOT", "LUNCH BOX", "BUNTING", "DOORMAT", "CANDLE",
		"NOTEBOOK"}
)

// shopProduct returns the article of an index in [0, productCount).
func shopProduct(i int) product {
	return product{
		Code:  fmt.Sprintf("%05d", 20001+i),
		Title: materials[i%len(materials)] + " " + productKinds[(i/len(materials))%len(productKinds)],
		Pence: 85 + (i*137)%2900,
	}
}
