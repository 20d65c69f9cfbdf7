using Posthorn.Core.Bodies;

namespace Posthorn.Core.Delivery;

/// <summary>
/// Takes accepted mail: one transaction writes the envelope, files it with the local accounts and queues the rest. When the call
/// returns, the message is on disk: only then may "250" be said.
/// </summary>
public sealed class Deliveries
{
    /// <returns>The queue's id of the message when something is still on its way, else null.</returns>
    /// <exception cref="StoreUnavailableException">Nothing was accepted.</exception>
    public ValueTask<EnvelopeId?> AcceptAsync(Envelope envelope, IncomingMessage message, CancellationToken cancel) => throw new NotImplementedException();
}
