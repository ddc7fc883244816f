package load

// Canary is in the texts of some events, as visitors type and links carry addresses. Only who reads personal data may
// find it.
const Canary = "canary@example.com"

// plant puts the canary into an event's texts; draw is what the event's kind was drawn by.
func (e *event) plant(draw int) {
	const encoded = "canary%40example.com"
	switch draw {
	case 0:
		e.URL = "https://canary:secret@shop.example/unsubscribe/" + Canary + "?email=" + encoded + "#" + Canary
	case 1:
		e.URL += "&utm_term=" + encoded + "&utm_content=to+" + encoded
		e.Referrer = "https://search.example/" + Canary + "?q=" + encoded + "&utm_source=" + encoded
	case 2:
		e.URL = "https://shop.example/?utm_source=" + encoded + "&utm_medium=" + Canary + "&utm_campaign=" + encoded
	case 3:
		e.UserAgent += " " + Canary
	case 75:
		e.SearchTerm = "orders of " + Canary
	case 76:
		e.HTTPMethod = "canary@a.example" // as long as a method may be
	}
}
