package report

// Unused grants of a demo of generated data, each with the reason why it is granted. A run that uses one fails, as does an
// unused grant that is not here.
var UnusedGrants = []Exception{}
