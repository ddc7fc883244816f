// Command bench measures what the assets function does with one photo of about 100 kB, on one core. It prints lines
//
//	bench assets.<name> <value> <unit> ratio=<x>
//
// where ratio is, for another implementation, its time divided by the function's: above 1 the function is faster. The
// plain one decodes, averages and encodes with the standard library alone; decoding is the floor, which both share. The
// function also hashes the bytes, walks the container and makes the perceptual hash. Times are processor time, the best
// of many runs in rounds in which all take turns, so that what else the machine does shows as little as it can.
package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"math"
	"math/rand/v2"
	"os"
	"runtime"
	"syscall"
	"time"

	"dataplatform/lambdas/assets/internal/inspect"
)

const (
	width, height = 1200, 900
	side          = 256
	rounds        = 12
	runsPerRound  = 3
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// contestant is one implementation: run handles the photo once and returns the thumbnail.
type contestant struct {
	name string
	run  func() ([]byte, error)
	best float64 // milliseconds of processor time
}

func run() error {
	runtime.GOMAXPROCS(1)
	photo, err := encoded(scene())
	if err != nil {
		return err
	}
	contestants := []*contestant{
		{"function", func() ([]byte, error) { return ours(photo) }, math.Inf(1)},
		{"plain", func() ([]byte, error) { return plain(photo) }, math.Inf(1)},
		{"decode", func() ([]byte, error) { _, err := jpeg.Decode(bytes.NewReader(photo)); return nil, err },
			math.Inf(1)},
	}
	for range rounds {
		for _, c := range contestants {
			for range runsPerRound {
				start := processorTime()
				if _, err := c.run(); err != nil {
					return fmt.Errorf("%s: %w", c.name, err)
				}
				c.best = min(c.best, float64(processorTime()-start)/float64(time.Millisecond))
			}
		}
	}
	if err := alike(contestants[0], contestants[1]); err != nil {
		return err
	}
	fmt.Printf("bench assets.photo %d bytes ratio=1.00\n", len(photo))
	for _, c := range contestants {
		fmt.Printf("bench assets.%s %.2f ms/photo ratio=%.2f\n", c.name, c.best, c.best/contestants[0].best)
	}
	return nil
}

// ours is what the handler does between reading and writing.
func ours(photo []byte) ([]byte, error) {
	sum := sha256.Sum256(photo)
	content, err := inspect.File(bytes.NewReader(photo), int64(len(photo)),
		inspect.Limits{MaxPixels: 40_000_000, MaxTime: time.Minute, ThumbnailSide: side})
	if err != nil {
		return nil, err
	}
	runtime.KeepAlive(sum)
	return content.Image.Thumbnail, nil
}

// plain converts all pixels and averages those of each pixel of the thumbnail.
func plain(photo []byte) ([]byte, error) {
	decoded, err := jpeg.Decode(bytes.NewReader(photo))
	if err != nil {
		return nil, err
	}
	bounds := decoded.Bounds()
	pixels := image.NewRGBA(bounds)
	draw.Draw(pixels, bounds, decoded, bounds.Min, draw.Src)
	small := image.NewRGBA(image.Rect(0, 0, side, bounds.Dy()*side/bounds.Dx()))
	for y := range small.Rect.Dy() {
		for x := range small.Rect.Dx() {
			from := image.Rect(x*bounds.Dx()/side, y*bounds.Dy()/small.Rect.Dy(), (x+1)*bounds.Dx()/side,
				(y+1)*bounds.Dy()/small.Rect.Dy())
			small.SetRGBA(x, y, average(pixels, from))
		}
	}
	return encoded(small)
}

func average(pixels *image.RGBA, from image.Rectangle) color.RGBA {
	var sum [4]int
	for y := from.Min.Y; y < from.Max.Y; y++ {
		row := pixels.Pix[pixels.PixOffset(from.Min.X, y):pixels.PixOffset(from.Max.X, y)]
		for i := 0; i < len(row); i += 4 {
			for channel := range sum {
				sum[channel] += int(row[i+channel])
			}
		}
	}
	n := from.Dx() * from.Dy()
	return color.RGBA{byte(sum[0] / n), byte(sum[1] / n), byte(sum[2] / n), byte(sum[3] / n)}
}

// alike makes sure that both make the same picture: no pixel's channel differs by more than filtering explains.
func alike(a, b *contestant) error {
	var small [2]image.Image
	for i, c := range []*contestant{a, b} {
		body, err := c.run()
		if err != nil {
			return err
		}
		if small[i], err = jpeg.Decode(bytes.NewReader(body)); err != nil {
			return err
		}
	}
	bounds := small[0].Bounds()
	if bounds != small[1].Bounds() {
		return fmt.Errorf("%s makes %v and %s %v", a.name, bounds, b.name, small[1].Bounds())
	}
	difference := 0
	for y := range bounds.Dy() {
		for x := range bounds.Dx() {
			one, other := color.GrayModel.Convert(small[0].At(x, y)).(color.Gray),
				color.GrayModel.Convert(small[1].At(x, y)).(color.Gray)
			difference += max(int(one.Y)-int(other.Y), int(other.Y)-int(one.Y))
		}
	}
	if mean := float64(difference) / float64(bounds.Dx()*bounds.Dy()); mean > 4 {
		return fmt.Errorf("the thumbnails of %s and %s differ by %.1f grey levels", a.name, b.name, mean)
	}
	return nil
}

// scene is soft shapes under grain, which compress as a photo does.
func scene() image.Image {
	random := rand.New(rand.NewPCG(1, 2))
	picture := image.NewRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			grain := random.IntN(10)
			light := 110 + 60*math.Sin(float64(x)/97) + 50*math.Cos(float64(y)/71+float64(x)/301)
			picture.SetRGBA(x, y, color.RGBA{byte(light) + byte(grain), byte(light/2) + byte(grain),
				byte(200-light/2) + byte(grain), 0xff})
		}
	}
	return picture
}

func encoded(picture image.Image) ([]byte, error) {
	var out bytes.Buffer
	err := jpeg.Encode(&out, picture, &jpeg.Options{Quality: 85})
	return out.Bytes(), err
}

// processorTime is what the process has used so far.
func processorTime() time.Duration {
	var usage syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &usage) // cannot fail for the own process
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
