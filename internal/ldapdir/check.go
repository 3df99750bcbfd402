package ldapdir

import "context"

// SignIn connects to the directory as Members does, encrypts the connection
// and signs in where the configuration says so, and hangs up again. It returns
// who it was to the directory, in words. The error is as of Members.
func (d *Directory) SignIn(ctx context.Context) (who string, err error) {
	s, err := d.connect(ctx)
	if err != nil {
		return "", firstOf(ctx, err)
	}
	s.close()
	switch {
	case d.cfg.BindDN != "":
		return d.cfg.BindDN, nil
	case d.server.scheme == "ldapi":
		return "the user of this process (SASL EXTERNAL)", nil
	}
	return "anonymous", nil
}

// Groups returns the names (cn) of the groups that carry the parameter, in the
// order of the directory; at least one. The error is as of Members.
func (d *Directory) Groups(ctx context.Context) (names []string, err error) {
	s, err := d.connect(ctx)
	if err != nil {
		return nil, firstOf(ctx, err)
	}
	defer s.close()
	base, err := s.base()
	if err != nil {
		return nil, firstOf(ctx, err)
	}
	groups, err := s.groups(base)
	if err != nil {
		return nil, firstOf(ctx, err)
	}
	for _, g := range groups {
		names = append(names, g.group.name)
	}
	return names, nil
}
