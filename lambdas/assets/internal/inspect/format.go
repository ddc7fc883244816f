package inspect

import "bytes"

// format is one kind of image that browsers show.
type format struct {
	name, mediaType string
	magic           func(head []byte) bool
	// read walks the container to its end, so that a file that was cut off is distinguished from one that is broken.
	read func(*source) (layout, error)
}

var formats = []*format{
	{"jpeg", "image/jpeg", prefix("\xff\xd8\xff"), readJPEG},
	{"png", "image/png", prefix(pngMagic), readPNG},
	{"gif", "image/gif", func(head []byte) bool {
		return (prefix("GIF87a")(head) || prefix("GIF89a")(head)) && !printable(head)
	}, readGIF},
	{"webp", "image/webp", func(head []byte) bool {
		return len(head) >= 12 && string(head[:4]) == "RIFF" && string(head[8:12]) == "WEBP"
	}, readWebP},
	{"bmp", "image/bmp", bitmap, readBMP},
	{"ico", "image/x-icon", icon, readICO},
	{"avif", "image/avif", avif, readAVIF},
	{"jxl", "image/jxl", func(head []byte) bool { return prefix("\xff\x0a")(head) || prefix(jxlBox)(head) }, readJXL},
}

func prefix(magic string) func([]byte) bool {
	return func(head []byte) bool { return bytes.HasPrefix(head, []byte(magic)) }
}

func formatOf(head []byte) *format {
	for _, form := range formats {
		if form.magic(head) {
			return form
		}
	}
	return nil
}

// printable says that the bytes are a text's: images whose marks are letters hold others soon.
func printable(head []byte) bool {
	for _, b := range head {
		if b == 0x7f || b < 0x20 && control(rune(b)) {
			return false
		}
	}
	return true
}
