using Posthorn.Configuration;
using Posthorn.Stores;

namespace Posthorn.ProtocolTests;

/// <summary>Where this run of the tests keeps large bodies, as configuration.</summary>
internal static class TestBodies
{
    public static BodiesOptions For(string dataFolder) => TestDatabase.BodiesFor(dataFolder) is { } bucket
        ? new BodiesOptions
        {
            Bucket = bucket.Bucket,
            Endpoint = bucket.Endpoint,
            Prefix = bucket.Prefix,
            AccessKey = bucket.AccessKey,
            SecretKey = bucket.SecretKey,
        }
        : new BodiesOptions();
}
