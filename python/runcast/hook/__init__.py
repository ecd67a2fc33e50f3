"""What runs inside the trainer's process: import hooks, wraps, the queue, and the thread that talks to the agent.

    imports    waits for the modules that it knows and has them wrapped
    onetrainer, tensorboard   what is wrapped, a file each
    recording  the queue: what the training thread touches, nothing more
    messages   records into protocol messages
    outbox     what the agent has not acknowledged yet, bounded
    sender     the thread; connection and endpoint, its way to the agent
"""
