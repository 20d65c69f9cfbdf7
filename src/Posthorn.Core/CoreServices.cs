using Microsoft.Extensions.DependencyInjection;

namespace Posthorn.Core;

/// <summary>Where and how the store keeps things.</summary>
public sealed record StoreOptions
{
    /// <summary>Folder of the store, the bodies and the control socket.</summary>
    public required string DataFolder { get; init; }

    /// <summary>Largest message taken, in octets (RFC 1870).</summary>
    public long MaxMessageBytes { get; init; } = 50L * 1024 * 1024;

    /// <summary>Mailboxes an account may have.</summary>
    public int MaxMailboxes { get; init; } = 10_000;
}

/// <summary>Registers Core's operations; each is a singleton that any thread may call.</summary>
public static class CoreServices
{
    /// <summary>
    /// Adds the embedded store and all operations. The store is opened (locked, migrated) before
    /// anything else starts.
    /// </summary>
    public static IServiceCollection AddPosthornCore(this IServiceCollection services, StoreOptions options) => throw new NotImplementedException();
}
