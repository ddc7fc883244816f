package platform

func (d *deployment) newNetwork() error { return nil }
