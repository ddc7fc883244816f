package inspect

import (
	"image"
	"image/color"
	"image/draw"

	xdraw "golang.org/x/image/draw"
)

// thumbnail scales what lies in bounds so that its longest side is at most side, never up. Whole blocks of pixels are averaged
// first, so that the filter, whose cost and memory grow with its input, sees at most twice the sides it writes.
func thumbnail(from image.Image, bounds image.Rectangle, side int) *image.RGBA {
	width, height := bounds.Dx(), bounds.Dy()
	longest := max(width, height)
	small := shrink(from, bounds, max(1, longest/side))
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

// shrink averages blocks of factor by factor pixels; those at the right and lower edge may be smaller.
func shrink(from image.Image, bounds image.Rectangle, factor int) *image.RGBA {
	to := image.NewRGBA(image.Rect(0, 0, (bounds.Dx()+factor-1)/factor, (bounds.Dy()+factor-1)/factor))
	if factor == 1 {
		draw.Draw(to, to.Rect, from, bounds.Min, draw.Src)
		return to
	}
	if photo, ok := from.(*image.YCbCr); ok && bounds.In(photo.Rect) {
		shrinkPhoto(to, photo, bounds, factor)
		return to
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
			averageStrip(to.Pix[to.PixOffset(x, y):], strip, x*factor, min((x+1)*factor, bounds.Dx()), rows)
		}
	}
	return to
}

func averageStrip(pixel []byte, strip *image.RGBA, left, right, rows int) {
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
}

// shrinkPhoto averages light and colour where they are stored, which is much less than converting every pixel.
func shrinkPhoto(to *image.RGBA, from *image.YCbCr, bounds image.Rectangle, factor int) {
	for y := range to.Rect.Dy() {
		top := bounds.Min.Y + y*factor
		bottom := min(top+factor, bounds.Max.Y)
		for x := range to.Rect.Dx() {
			left := bounds.Min.X + x*factor
			right := min(left+factor, bounds.Max.X)
			light := averagePlane(from.Y, from.YStride, from.YOffset(left, top), from.YOffset(right-1, bottom-1))
			first, last := from.COffset(left, top), from.COffset(right-1, bottom-1)
			r, g, b := color.YCbCrToRGB(light, averagePlane(from.Cb, from.CStride, first, last), averagePlane(from.Cr, from.CStride, first, last))
			pixel := to.Pix[to.PixOffset(x, y):]
			pixel[0], pixel[1], pixel[2], pixel[3] = r, g, b, 0xff
		}
	}
}

// averagePlane averages the rectangle of a plane between the offsets of two corners, both included.
func averagePlane(plane []byte, stride, first, last int) byte {
	rows, columns := (last-first)/stride+1, (last-first)%stride+1
	sum, n := 0, rows*columns
	for y := range rows {
		for _, value := range plane[first+y*stride : first+y*stride+columns] {
			sum += int(value)
		}
	}
	return byte((sum + n/2) / n)
}

// orient turns and mirrors pixels so that they are shown as Exif's orientation says (CIPA DC-008, 4.6.5).
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
			var p image.Point
			switch orientation {
			case 2:
				p = image.Pt(width-1-x, y)
			case 3:
				p = image.Pt(width-1-x, height-1-y)
			case 4:
				p = image.Pt(x, height-1-y)
			case 5:
				p = image.Pt(y, x)
			case 6:
				p = image.Pt(y, width-1-x)
			case 7:
				p = image.Pt(height-1-y, width-1-x)
			case 8:
				p = image.Pt(height-1-y, x)
			}
			to.SetRGBA(x, y, from.RGBAAt(p.X, p.Y))
		}
	}
	return to
}
