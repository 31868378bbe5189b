"""Which connections are to clients of other tenants: those that something was approved for."""

from django.db.models import BooleanField, F, Func, Q

# Written out, so that every database finds the index with this condition. Of an own client nothing is approved.
OUTSIDE = Q(Func(F("terms"), template="%(expressions)s <> '{}'", output_field=BooleanField()))
