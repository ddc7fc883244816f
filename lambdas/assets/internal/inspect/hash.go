package inspect

import (
	"fmt"
	"image"
)

// The hash compares each of eight by eight areas with its neighbour to the right.
const (
	hashColumns = 9
	hashRows    = 8
)

// differenceHash is a dHash: whether each area is darker than its neighbour to the right, a bit each from the top left. Images that
// look alike differ in few bits. The libraries for it scale the whole image once more, with a package that is no longer kept; the
// thumbnail is at hand, and the rest is this.
func differenceHash(small *image.RGBA) string {
	width, height := small.Rect.Dx(), small.Rect.Dy()
	var hash uint64
	for y := range hashRows {
		top, bottom := area(y, hashRows, height)
		var light [hashColumns]int
		for x := range hashColumns {
			left, right := area(x, hashColumns, width)
			light[x] = lightOf(small, image.Rect(left, top, right, bottom))
		}
		for x := range hashColumns - 1 {
			hash <<= 1
			if light[x] < light[x+1] {
				hash |= 1
			}
		}
	}
	return fmt.Sprintf("%016x", hash)
}

// area is the i-th of n parts of a length: at least one pixel, so that an image of fewer pixels than areas repeats them.
func area(i, n, length int) (from, to int) {
	from = i * length / n
	return from, max(from+1, (i+1)*length/n)
}

// lightOf is the mean light of an area, in thousandths of a grey level, on white, as pages show what is transparent. The weights are
// those of ITU-R BT.601.
func lightOf(small *image.RGBA, from image.Rectangle) int {
	sum := 0
	for y := from.Min.Y; y < from.Max.Y; y++ {
		row := small.Pix[small.PixOffset(from.Min.X, y):small.PixOffset(from.Max.X, y)]
		for ; len(row) >= 4; row = row[4:] {
			sum += 299*int(row[0]) + 587*int(row[1]) + 114*int(row[2]) + 1000*(255-int(row[3]))
		}
	}
	return sum / (from.Dx() * from.Dy())
}
