package platform

import "dataplatform/components/network"

// newNetwork makes the private network of the stacks that want one.
func (d *deployment) newNetwork() error {
	if !d.settings.Network.Enabled {
		return nil
	}
	_, err := network.New(d.ctx, "network", &network.Args{CIDR: d.settings.Network.CIDR, Region: d.settings.Region, AWS: d.provider}, d.part("network"))
	return err
}
