"""The services that know accounts and postings."""
