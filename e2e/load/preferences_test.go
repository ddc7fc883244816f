package load

import (
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestCustomersTurnToWhatTheyLike(t *testing.T) {
	random, drawn := rand.New(rand.NewPCG(1, 9)), tastes{}
	pairs := map[[2]int]bool{}
	for customer := range 200 {
		first, second := liked(customer)
		require.Less(t, first, second)
		require.Less(t, second, len(productKinds))
		pairs[[2]int{first, second}] = true
		mine, all := 0.0, 0.0
		for p := range productCount {
			all += preference(customer, p)
			if kind := kindOfProduct(p); kind == first || kind == second {
				mine += preference(customer, p)
			}
		}
		hits := 0
		const draws = 500
		for range draws {
			if kind := kindOfProduct(drawn.draw(random, customer, true)); kind == first || kind == second {
				hits++
			}
		}
		assert.InDelta(t, mine/all, float64(hits)/draws, 0.09, "customer %d", customer)
	}
	assert.Len(t, pairs, len(productKinds)*(len(productKinds)-1)/2, "every two kinds are somebody's")
}

func TestNewcomersAreSoldOnTheLastDayOnly(t *testing.T) {
	drops, _ := GenerateSales(7, 600)
	cut := salesDay.AddDate(0, 0, 2)
	before, err := Purchases(drops, time.Time{}, cut)
	require.NoError(t, err)
	after, err := Purchases(drops, cut, cut.AddDate(0, 0, 1))
	require.NoError(t, err)
	codes, kinds := map[string]bool{}, map[int]bool{}
	for p := range productCount {
		if newcomer(p) {
			codes[shopProduct(p).Code], kinds[kindOfProduct(p)] = true, true
		}
	}
	assert.Len(t, codes, 40)
	assert.Len(t, kinds, len(productKinds), "of all kinds, as what is liked of a kind is all that tells who wants them")
	buyers := func(purchases map[string]map[string]bool) (count int) {
		for _, bought := range purchases {
			if slices.ContainsFunc(slices.Collect(maps.Keys(bought)), func(code string) bool { return codes[code] }) {
				count++
			}
		}
		return count
	}
	assert.Zero(t, buyers(before))
	assert.Greater(t, buyers(after), 20)
}

func TestBestRecallIsBeyondTheBestsellers(t *testing.T) {
	drops, _ := GenerateSales(7, 2000)
	thirdDay := salesDay.AddDate(0, 0, 2)
	before, err := Purchases(drops, salesDay.AddDate(0, 0, -1), thirdDay)
	require.NoError(t, err)
	after, err := Purchases(drops, thirdDay, thirdDay.AddDate(0, 0, 1))
	require.NoError(t, err)
	require.NotEmpty(t, before)
	for _, bought := range before {
		require.NotContains(t, bought, "POST")
	}
	best := BestRecall(before, after, 20)
	// Twenty of the two liked kinds' forty products hold most of what is bought; twenty bestsellers of all kinds hold
	// little.
	assert.Greater(t, best, 0.5)
	assert.Less(t, best, 0.9)
	assert.InDelta(t, 1, BestRecall(before, after, productCount), 0, "all products hold everything")
	assert.Zero(t, BestRecall(before, before, 20), "nothing is new")
	assert.Zero(t, BestRecall(nil, after, 20), "nothing is known")

	one := map[string]map[string]bool{customerNumber(3): {shopProduct(0).Code: true}}
	top := 0
	for p := range productCount {
		if preference(3, p) > preference(3, top) {
			top = p
		}
	}
	assert.InDelta(t, 1,
		BestRecall(one, map[string]map[string]bool{customerNumber(3): {shopProduct(top).Code: true}}, 1), 0)
}
