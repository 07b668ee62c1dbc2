"""What resnet-viz costs and reaches on this machine: each module measures one thing and says how."""
