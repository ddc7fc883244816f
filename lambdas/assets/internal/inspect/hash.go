package inspect

import (
	"fmt"
	"math"
)

// HashMethod is what the contracts call the way of the hash: only hashes of one method compare.
const HashMethod = "dhash"

// The hash compares each of nine areas of a row with its neighbour to the right.
const (
	hashColumns = 9
	hashRows    = 8
	// hashedSide is how many pixels of the longest side the hash is made from at least, where the image has them: what
	// was averaged before is then much finer than the hash's areas.
	hashedSide = 256
)

// differenceHash is the dHash of Python's ImageHash: grey as ITU-R BT.601 weighs, scaled to nine by eight pixels as
// Pillow's Lanczos filter does, and of each pixel whether its neighbour to the right is lighter, a bit each from the
// top left. The sides are the picture's in blocks of which greys are; of the last column and row only a part may be
// there.
func differenceHash(light *greys, width, height float64) string {
	light = light.resampled(hashColumns, width).turned().resampled(hashRows, height).turned()
	var hash uint64
	for y := range hashRows {
		for x := range hashColumns - 1 {
			hash <<= 1
			if at := y*hashColumns + x; light.pixels[at+1] > light.pixels[at] {
				hash |= 1
			}
		}
	}
	return fmt.Sprintf("%016x", hash)
}

// greys is an image of greys, from 0 to 255.
type greys struct {
	width, height int
	pixels        []float64
}

func newGreys(width, height int) *greys { return &greys{width, height, make([]float64, width*height)} }

func (g *greys) turned() *greys {
	turned := newGreys(g.height, g.width)
	for y := range g.height {
		for x := range g.width {
			turned.pixels[x*g.height+y] = g.pixels[y*g.width+x]
		}
	}
	return turned
}

func (g *greys) oriented(orientation int) *greys {
	if orientation <= 1 {
		return g
	}
	to := newGreys(g.width, g.height)
	if orientation >= 5 {
		to.width, to.height = g.height, g.width
	}
	for y := range to.height {
		for x := range to.width {
			p := stored(orientation, to.width, to.height, x, y)
			to.pixels[y*to.width+x] = g.pixels[p.Y*g.width+p.X]
		}
	}
	return to
}

// resampled scales rows of a length to so many pixels as Pillow's Resample.c does: weights in fractions of 22 bits, and
// whole greys.
func (g *greys) resampled(columns int, length float64) *greys {
	const one = 1 << 22
	if g.width == columns && length == float64(columns) {
		return g
	}
	to := newGreys(columns, g.height)
	step := length / float64(columns)
	stretch := max(1, step)
	for x := range columns {
		centre := (float64(x) + 0.5) * step
		first, end := max(0, int(centre-3*stretch+0.5)), min(g.width, int(centre+3*stretch+0.5))
		weights, total := make([]float64, end-first), 0.0
		for i := range weights {
			weights[i] = lanczos((float64(first+i) - centre + 0.5) / stretch)
			total += weights[i]
		}
		for i, weight := range weights {
			weights[i] = math.Round(weight/total*one) / one
		}
		for y := range g.height {
			sum := product(weights, g.pixels[y*g.width+first:y*g.width+end])
			to.pixels[y*columns+x] = max(0, min(255, math.Floor(sum+0.5)))
		}
	}
	return to
}

// product adds up in four sums, so that no addition waits for the one before.
func product(a, b []float64) float64 {
	var sum [4]float64
	for ; len(a) >= 4 && len(b) >= 4; a, b = a[4:], b[4:] {
		sum[0] += a[0] * b[0]
		sum[1] += a[1] * b[1]
		sum[2] += a[2] * b[2]
		sum[3] += a[3] * b[3]
	}
	for i := range a {
		sum[0] += a[i] * b[i]
	}
	return sum[0] + sum[1] + sum[2] + sum[3]
}

func lanczos(x float64) float64 {
	if x < -3 || x >= 3 {
		return 0
	}
	return sinc(x) * sinc(x/3)
}

func sinc(x float64) float64 {
	if x == 0 {
		return 1
	}
	return math.Sin(x*math.Pi) / (x * math.Pi)
}
