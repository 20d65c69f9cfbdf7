namespace Posthorn.Core.Forwarding;

/// <summary>An address that an account's mail goes on to, or would when it is confirmed.</summary>
/// <param name="Address">In the form that is sent.</param>
/// <param name="Confirmed">When its owner said yes; null: not yet, and nothing goes there.</param>
public sealed record ForwardAddress(string Address, DateTimeOffset Added, DateTimeOffset? Confirmed)
{
    public bool IsConfirmed => Confirmed is not null;
}

/// <summary>The same as it is kept.</summary>
/// <param name="Code">Hash of the code that was sent to the address; null: it was used, or tried too often.</param>
/// <param name="Expires">Of the code.</param>
/// <param name="Tries">Wrong codes so far.</param>
public sealed record ForwardRow(ForwardAddress Forward, byte[]? Code, DateTimeOffset Expires, int Tries)
{
    public override string ToString() => Forward.ToString();
}
