"""What people see of the protocol: which tenant, approval, consent, refusal, sign-out. `console/oauth` decides it."""
