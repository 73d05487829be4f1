"""What all services share: settings, logs, errors, tokens, the database, the server. It knows no service."""
