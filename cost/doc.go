// Package cost estimates what a stack costs a month: quantities from the stack's own configuration and the resources it
// registers, from a workload and from measurements, multiplied with prices that name their source.
//
//	prices.yaml    unit prices with region, source and date
//	workload.yaml  the traffic, and what can only be assumed
//	measured.yaml  what the code needs of an event; a command writes it
//
// Nothing here asks AWS. What the estimate leaves out is listed in docs/cost.md.
package cost
