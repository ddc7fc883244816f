package load

import (
	"math"
	"math/rand/v2"
	"slices"
)

// Tastes are the true preferences of the generated shop's customers, who are its visitors, too: the products of two
// kinds of things are likedFactor times as likely to be looked at and bought as the others, on top of how popular each
// product is. They follow from the customer's index, so that whoever learns them from clicks and sales can be measured
// by them.

const likedFactor = 20

// liked are the two kinds of things that a customer of an index in [0, customerCount) likes, in order.
func liked(customer int) (int, int) {
	// Spread by a prime, so that neighbours differ; the pairs of kinds are taken in turn.
	pair := customer * 7919 % (len(productKinds) * (len(productKinds) - 1))
	first, second := pair/(len(productKinds)-1), pair%(len(productKinds)-1)
	if second >= first {
		second++
	}
	return min(first, second), max(first, second)
}

// kindOfProduct is the kind of a product.
func kindOfProduct(p int) int { return (p / len(materials)) % len(productKinds) }

// preference is how much a customer is drawn to a product; only the ratios of one customer's say something.
func preference(customer, p int) float64 {
	place := productCount / 2 // nobody knows how a newcomer will do: all are in the middle
	if !newcomer(p) {
		place = p * 61 % productCount // spread by another prime: what is popular is of all kinds
	}
	popular := 1 / math.Sqrt(1+float64(place))
	if first, second := liked(customer); kindOfProduct(p) == first || kindOfProduct(p) == second {
		return likedFactor * popular
	}
	return popular
}

// tastes draws products by preference. Customers who like the same two kinds share the sums.
type tastes map[shelf][]float64

// shelf is what there is to choose from, and which two kinds are liked.
type shelf struct {
	first, second int
	newcomers     bool
}

// draw takes the product that a customer turns to, with one number from random, among newcomers or without them.
func (t tastes) draw(random *rand.Rand, customer int, newcomers bool) int {
	first, second := liked(customer)
	at := shelf{first, second, newcomers}
	sums, ok := t[at]
	if !ok {
		sums = make([]float64, productCount)
		total := 0.0
		for p := range sums {
			if newcomers || !newcomer(p) {
				total += preference(customer, p)
			}
			sums[p] = total
		}
		t[at] = sums
	}
	p, _ := slices.BinarySearch(sums, random.Float64()*sums[productCount-1])
	return min(p, productCount-1)
}

// BestRecall is the mean recall at count of who knows every preference of the generated shop: of what a customer buys
// afterwards and did not buy before, the share among the count products it likes best of those it did not buy; of more
// than count, of count. Customers and products are named as in the order files. It is 0 when nobody buys anything new,
// and what training on the same purchases can reach at most, but for luck.
func BestRecall(before, after map[string]map[string]bool, count int) float64 {
	var total float64
	evaluated := 0
	for customer := range customerCount {
		had, wanted := before[customerNumber(customer)], 0
		if len(had) == 0 {
			continue // nothing could be learnt about it
		}
		var open []int
		for p := range productCount {
			code := shopProduct(p).Code
			if had[code] {
				continue
			}
			open = append(open, p)
			if after[customerNumber(customer)][code] {
				wanted++
			}
		}
		if wanted == 0 {
			continue
		}
		slices.SortStableFunc(open, func(a, b int) int {
			switch x, y := preference(customer, a), preference(customer, b); {
			case x > y:
				return -1
			case x < y:
				return 1
			}
			return 0
		})
		found := 0
		for _, p := range open[:min(count, len(open))] {
			if after[customerNumber(customer)][shopProduct(p).Code] {
				found++
			}
		}
		total += float64(found) / float64(min(count, wanted))
		evaluated++
	}
	if evaluated == 0 {
		return 0
	}
	return total / float64(evaluated)
}
