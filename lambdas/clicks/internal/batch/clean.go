package batch

import (
	"bytes"
	"slices"

	"dataplatform/lambdas/clicks/internal/redact"
)

// cleanAddress returns what processed keeps of an address: no user, no fragment, of the query the parameters that are
// allowed, and nowhere an e-mail address. The result points into u or scratch, which is returned grown.
func cleanAddress(u, scratch []byte, allowed []string) (result, grown []byte) {
	if !bytes.ContainsAny(u, "?#@%") && !bytes.Contains(u, redact.WideAt) {
		return u, scratch
	}
	start, end := authority(u)
	host, rest := u[start:end], u[end:]
	if i := bytes.LastIndexByte(host, '@'); i >= 0 {
		host = host[i+1:]
	}
	path, query := splitQuery(rest)
	host, scratch = redact.Emails(host, scratch)
	path, scratch = redact.Emails(path, scratch)
	begin := len(scratch)
	scratch = append(append(append(scratch, u[:start]...), host...), path...)
	if len(scratch) == begin {
		scratch = append(scratch, rootPath...) // a query alone
	}
	separator := byte('?')
	for len(query) > 0 {
		var pair []byte
		pair, query = nextPair(query)
		name, value, _ := bytes.Cut(pair, []byte("="))
		known, more := parameterName(name, scratch)
		scratch = more[:len(scratch)]
		if !slices.Contains(allowed, string(known)) {
			continue
		}
		if !redact.Nothing(value) {
			kept := len(scratch)
			decoded, more := unescapeQuery(value, scratch)
			clean, more := redact.Text(decoded, more)
			if !bytes.Equal(clean, decoded) {
				value = []byte(redact.Mark)
			}
			scratch = more[:kept]
		}
		scratch = append(append(append(append(scratch, separator), name...), '='), value...)
		separator = '&'
	}
	return scratch[begin:len(scratch):len(scratch)], scratch
}

// splitQuery parts what is behind the host into path and query; the fragment is dropped.
func splitQuery(rest []byte) (path, query []byte) {
	if i := bytes.IndexByte(rest, '#'); i >= 0 {
		rest = rest[:i]
	}
	path, query, _ = bytes.Cut(rest, []byte("?"))
	return path, query
}

// nextPair takes the first parameter off a query.
func nextPair(query []byte) (pair, rest []byte) {
	pair, rest, _ = bytes.Cut(query, []byte("&"))
	return pair, rest
}

// redactRow takes e-mail addresses out of the row's texts, and telephone numbers where people type.
func (p *Processor) redactRow(values []value) {
	r := &p.row
	for _, text := range []*[]byte{&r.address.host, &r.address.path, &r.refHost} {
		*text, p.scratch = redact.Emails(*text, p.scratch)
	}
	for i := range r.address.utm {
		r.address.utm[i], p.scratch = redact.Text(r.address.utm[i], p.scratch)
	}
	for _, i := range p.schema.free {
		if v := &values[i]; v.present {
			v.text, p.scratch = redact.Emails(v.text, p.scratch)
		}
	}
	for _, i := range p.schema.typed {
		if v := &values[i]; v.present {
			v.text, p.scratch = redact.Text(v.text, p.scratch)
		}
	}
}
