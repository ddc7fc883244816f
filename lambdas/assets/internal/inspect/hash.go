package inspect

import (
	"fmt"
	"image"
	"image/color"
	"image/draw"

	xdraw "golang.org/x/image/draw"
)

// differenceHash is a dHash: whether each pixel of nine by eight is darker than its neighbour to the right, a bit each from the top
// left. Images that look alike differ in few bits. The libraries for it scale the whole image once more, with a package that is no
// longer kept; the thumbnail is at hand, and the rest is this.
func differenceHash(small *image.RGBA) string {
	// On white, as pages show what is transparent.
	opaque := image.NewRGBA(small.Rect)
	draw.Draw(opaque, opaque.Rect, image.NewUniform(color.White), image.Point{}, draw.Src)
	draw.Draw(opaque, opaque.Rect, small, small.Rect.Min, draw.Over)
	grey := image.NewGray(image.Rect(0, 0, 9, 8))
	xdraw.BiLinear.Scale(grey, grey.Rect, opaque, opaque.Rect, xdraw.Src, nil)
	var hash uint64
	for y := range 8 {
		for x := range 8 {
			hash <<= 1
			if grey.GrayAt(x, y).Y < grey.GrayAt(x+1, y).Y {
				hash |= 1
			}
		}
	}
	return fmt.Sprintf("%016x", hash)
}
