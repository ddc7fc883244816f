package inspect

import (
	"image"
	"image/color"
	"image/draw"
	"math"

	xdraw "golang.org/x/image/draw"
)

// scale scales a picture, of which small has averages of whole blocks, so that its longest side is at most side, never
// up. The filter's cost and memory grow with its input.
func scale(small *image.RGBA, width, height, side int) *image.RGBA {
	longest := max(width, height)
	if longest <= side {
		return small
	}
	to := image.NewRGBA(image.Rect(0, 0, fit(width, longest, side), fit(height, longest, side)))
	if small.Rect == to.Rect {
		return small
	}
	xdraw.BiLinear.Scale(to, to.Rect, small, small.Rect, xdraw.Src, nil)
	return to
}

// fit is a length scaled by side/longest, rounded, at least one pixel.
func fit(length, longest, side int) int {
	return max(1, int((int64(length)*int64(side)*2+int64(longest))/(2*int64(longest))))
}

// shrink averages blocks of factor by factor pixels; those at the right and lower edge may be smaller. The greys are of
// the same blocks, before they are rounded.
func shrink(from image.Image, bounds image.Rectangle, factor int) (*image.RGBA, *greys) {
	to := image.NewRGBA(image.Rect(0, 0, (bounds.Dx()+factor-1)/factor, (bounds.Dy()+factor-1)/factor))
	light := newGreys(to.Rect.Dx(), to.Rect.Dy())
	if factor == 1 {
		draw.Draw(to, to.Rect, from, bounds.Min, draw.Src)
		for i := range light.pixels {
			light.pixels[i] = math.Floor(grey([4]uint64(widened(to.Pix[4*i:4*i+4])), 1) + 0.5)
		}
		return to, light
	}
	if photo, ok := from.(*image.YCbCr); ok && bounds.In(photo.Rect) {
		shrinkPhoto(to, light, photo, bounds, factor)
		return to, light
	}
	strip := image.NewRGBA(image.Rect(0, 0, bounds.Dx(), min(factor, bounds.Dy()))) // never more than the image itself
	for y := range to.Rect.Dy() {
		rows := min(factor, bounds.Dy()-y*factor)
		part := image.Rect(0, 0, bounds.Dx(), rows)
		if !bounds.In(from.Bounds()) {
			clear(strip.Pix) // of what the strip before left where this one has nothing
		}
		draw.Draw(strip, part, from, bounds.Min.Add(image.Pt(0, y*factor)), draw.Src)
		for x := range to.Rect.Dx() {
			light.pixels[y*light.width+x] = averageStrip(to.Pix[to.PixOffset(x, y):], strip, x*factor,
				min((x+1)*factor, bounds.Dx()), rows)
		}
	}
	return to, light
}

func widened(pixel []byte) []uint64 {
	return []uint64{uint64(pixel[0]), uint64(pixel[1]), uint64(pixel[2]), uint64(pixel[3])}
}

// grey is the light of so many pixels, of which the channels' sums are given, on white, as pages show what is
// transparent. The weights are those of ITU-R BT.601 in sixteen bits.
func grey(sum [4]uint64, n uint64) float64 {
	white := 255*n - sum[3]
	return float64(19595*(sum[0]+white)+38470*(sum[1]+white)+7471*(sum[2]+white)) / float64(n<<16)
}

// averageStrip sets a pixel to the average of a block, and returns its grey.
func averageStrip(pixel []byte, strip *image.RGBA, left, right, rows int) float64 {
	var sum [4]uint64
	for y := range rows {
		row := strip.Pix[y*strip.Stride+4*left : y*strip.Stride+4*right]
		for ; len(row) >= 4; row = row[4:] {
			sum[0] += uint64(row[0])
			sum[1] += uint64(row[1])
			sum[2] += uint64(row[2])
			sum[3] += uint64(row[3])
		}
	}
	n := uint64(rows) * uint64(right-left)
	for i := range sum {
		pixel[i] = byte((sum[i] + n/2) / n)
	}
	return grey(sum, n)
}

// shrinkPhoto averages light and colour where they are stored, which is much less than converting every pixel.
func shrinkPhoto(to *image.RGBA, greys *greys, from *image.YCbCr, bounds image.Rectangle, factor int) {
	for y := range to.Rect.Dy() {
		top := bounds.Min.Y + y*factor
		bottom := min(top+factor, bounds.Max.Y)
		for x := range to.Rect.Dx() {
			left := bounds.Min.X + x*factor
			right := min(left+factor, bounds.Max.X)
			light, n := sumPlane(from.Y, from.YStride, from.YOffset(left, top), from.YOffset(right-1, bottom-1))
			greys.pixels[y*greys.width+x] = float64(light) / float64(n)
			first, last := from.COffset(left, top), from.COffset(right-1, bottom-1)
			r, g, b := color.YCbCrToRGB(byte((light+n/2)/n), averagePlane(from.Cb, from.CStride, first, last),
				averagePlane(from.Cr, from.CStride, first, last))
			pixel := to.Pix[to.PixOffset(x, y):]
			pixel[0], pixel[1], pixel[2], pixel[3] = r, g, b, 0xff
		}
	}
}

func averagePlane(plane []byte, stride, first, last int) byte {
	sum, n := sumPlane(plane, stride, first, last)
	return byte((sum + n/2) / n)
}

// sumPlane adds up the rectangle of a plane between the offsets of two corners, both included.
func sumPlane(plane []byte, stride, first, last int) (sum, n int) {
	rows, columns := (last-first)/stride+1, (last-first)%stride+1
	for y := range rows {
		for _, value := range plane[first+y*stride : first+y*stride+columns] {
			sum += int(value)
		}
	}
	return sum, rows * columns
}

// orient turns and mirrors pixels so that they are shown as Exif's orientation says.
func orient(from *image.RGBA, orientation int) *image.RGBA {
	if orientation <= 1 {
		return from
	}
	width, height := from.Rect.Dx(), from.Rect.Dy()
	if orientation >= 5 {
		width, height = height, width
	}
	to := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			p := stored(orientation, width, height, x, y)
			to.SetRGBA(x, y, from.RGBAAt(p.X, p.Y))
		}
	}
	return to
}

// stored is where the pixel is stored that an image of such an orientation and such sides shows at a place (CIPA
// DC-008, 4.6.5).
func stored(orientation, width, height, x, y int) image.Point {
	switch orientation {
	case 2:
		return image.Pt(width-1-x, y)
	case 3:
		return image.Pt(width-1-x, height-1-y)
	case 4:
		return image.Pt(x, height-1-y)
	case 5:
		return image.Pt(y, x)
	case 6:
		return image.Pt(y, width-1-x)
	case 7:
		return image.Pt(height-1-y, width-1-x)
	case 8:
		return image.Pt(height-1-y, x)
	default:
		return image.Pt(x, y)
	}
}
