"""What tests need from the machine beside Python."""
